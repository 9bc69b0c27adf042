import type { Command } from 'commander';
import { formatDuration } from '../text/format.js';
import { runVerb } from './run-verb.js';

export function register(program: Command): void {
  program
    .command('setup')
    .description('prepare the engine: find or install libtorch, compile the addon')
    .addHelpText('after', '\nWhat is there already is kept. ORPO_TORCH names a torch folder to use.')
    .action(
      runVerb(async (output) => {
        const { ensureEngine } = await import('../torch/engine/ensure-engine.js');
        const start = performance.now();
        let worked = false;
        const onProgress = (message: string): void => {
          worked = true;
          output.note(message);
        };
        const { torch, addon } = await ensureEngine({ install: true, onProgress });
        const seconds = (performance.now() - start) / 1000;
        const { bold, dim, green } = output.colours;
        const ready = worked ? `ready after ${formatDuration(seconds)}` : 'ready';
        output.text(`${green('✓')} engine ${ready}: torch ${torch.version} ${dim(`(${torch.folder})`)}`);
        if (worked) output.text(`  next: ${bold('orpo demo')}, or ${bold('orpo inspect FILE')} with your data`);
        output.record({ type: 'result', torch, addon, prepared: worked, seconds });
        return 0;
      }),
    );
}
