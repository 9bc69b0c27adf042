import type { Command } from 'commander';
import { runVerb } from './run-verb.js';
import { shellWord } from './shell-word.js';

export function register(program: Command): void {
  program
    .command('resume')
    .description('go on with an interrupted run, from its newest checkpoint')
    .argument('<run>', 'folder of the run')
    .addHelpText('after', '\nThe result is the one an uninterrupted run would have had.')
    .action(
      runVerb(async (output, run: string) => {
        const { resume } = await import('../training/resume.js');
        const { followRun } = await import('./follow-run.js');
        return await followRun(output, {
          run,
          again: `Go on with: orpo resume ${shellWord(run)}`,
          begin: (options) => resume(run, options),
        });
      }),
    );
}
