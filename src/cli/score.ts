import type { Command } from 'commander';
import { formatCount } from '../text/format.js';
import { addModelOptions } from './model-options.js';
import type { ModelOptions } from './open-model.js';
import type { Output } from './output.js';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

interface ScoreOptions extends ModelOptions {
  readonly data: string;
  readonly maxLength: number;
  readonly reward?: boolean;
}

export function register(program: Command): void {
  addModelOptions(program.command('score'), 'fp32')
    .description('score preference pairs: which response does the model find likelier, and by how much?')
    .requiredOption('--data <file>', 'pairs: jsonl, json, csv or parquet')
    .option('--max-length <n>', 'most tokens of a prompt and one response together', parseCount, 1024)
    .option('--reward', 'the model is a reward model: score by its rewards, not by log-probabilities')
    .action(runVerb(score));
}

async function score(output: Output, options: ScoreOptions): Promise<undefined> {
  const { dataConfig } = await import('../data/config.js');
  const { loadDataset } = await import('../data/dataset.js');
  const { openModel } = await import('./open-model.js');
  const opened = await openModel(output, options, { head: options.reward ? 'score' : 'vocabulary' });
  try {
    const { tokenizer, template, bos, model } = opened.loaded;
    const data = dataConfig.parse({ train: options.data, maxLength: options.maxLength });
    const { train: trees, report } = await loadDataset(data, { tokenizer, template, bos, shape: 'pair' });
    const { requirePositions } = await import('../training/position-limit.js');
    requirePositions(model.sizes, trees);
    const { scoreByRewards, scoreByLogProbs } = await import('./score-tables.js');
    const table = options.reward ? scoreByRewards : scoreByLogProbs;
    table(output, model, trees);
    for (const { path, dropped } of report.files) {
      for (const [reason, { count }] of Object.entries(dropped)) {
        if (count > 0) output.note(`${path}: ${formatCount(count)} rows left out: ${reason}`);
      }
    }
    return undefined;
  } finally {
    opened.dispose();
  }
}
