import type { Command } from 'commander';
import type { CompareFlags } from './compare-flags.js';
import { addCompareOptions } from './compare-options.js';
import { runVerb } from './run-verb.js';

const NOTES = `
  orpo eval runs/orpo --pairs held-out.jsonl
  orpo eval runs/orpo --prompts prompts.jsonl --judge reward:runs/reward/model
  orpo eval runs/orpo --reference-outputs model_outputs.json --judge http://localhost:8000/v1 --judge-model qwen

Run the same command again to go on with work that was stopped; orpo compare sets several systems side by side.`;

export function register(program: Command): void {
  addCompareOptions(
    program
      .command('eval')
      .description('measure one system: preference, win rate, rewards, diversity, cost')
      .argument('[system]', 'the folder of a run, a model, or a file of answers'),
  )
    .option('--output <folder>', 'folder of a report; without it the figures are printed')
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, system: string | undefined, flags: CompareFlags) => {
        const { followComparison } = await import('./follow-comparison.js');
        const { comparisonConfig } = await import('./comparison-config.js');
        const { OrpoError } = await import('../errors.js');
        const config = await comparisonConfig(system === undefined ? [] : [system], flags, {});
        if (config.systems.length !== 1)
          throw new OrpoError('config', 'orpo eval measures one system.', 'Use `orpo compare` for several.');
        return await followComparison(output, config, 'eval');
      }),
    );
}
