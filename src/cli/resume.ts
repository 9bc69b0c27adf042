import type { Command } from 'commander';
import { runVerb } from './run-verb.js';
import { shellWord } from './shell-word.js';

export function register(program: Command): void {
  program
    .command('resume')
    .description('go on with an interrupted run or recipe, from where it was')
    .argument('<run>', 'folder of the run or the recipe')
    .option('--profile', 'record where the time goes, as orpo train --profile does')
    .addHelpText('after', '\nThe result is the one an uninterrupted run would have had.')
    .action(
      runVerb(async (output, run: string, flags: { readonly profile?: boolean }) => {
        const { holdsRecipe } = await import('../recipes/recipe-folder.js');
        if (holdsRecipe(run)) {
          const { resumeRecipe } = await import('../recipes/run-recipe.js');
          const { followRecipe } = await import('./follow-recipe.js');
          return await followRecipe(output, { run, begin: (options) => resumeRecipe(run, options) });
        }
        const { resume } = await import('../training/resume.js');
        const { followRun } = await import('./follow-run.js');
        return await followRun(output, {
          run,
          again: `Go on with: orpo resume ${shellWord(run)}`,
          begin: (options) => resume(run, { ...options, profile: flags.profile ?? false }),
        });
      }),
    );
}
