import type { Command } from 'commander';
import { formatCount, formatNumber, formatShare } from '../text/format.js';
import { addModelOptions } from './model-options.js';
import type { ModelOptions } from './open-model.js';
import type { Output } from './output.js';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

interface ScoreOptions extends ModelOptions {
  readonly data: string;
  readonly maxLength: number;
}

/** Pairs scored between two signs of progress. */
const CHUNK = 32;

export function register(program: Command): void {
  addModelOptions(program.command('score'), 'fp32')
    .description('score preference pairs: which response does the model find likelier, and by how much?')
    .requiredOption('--data <file>', 'pairs: jsonl, json, csv or parquet')
    .option('--max-length <n>', 'most tokens of a prompt and one response together', parseCount, 1024)
    .action(runVerb(score));
}

async function score(output: Output, options: ScoreOptions): Promise<undefined> {
  const { dataConfig } = await import('../data/config.js');
  const { loadDataset } = await import('../data/dataset.js');
  const { scorePairs, summarise } = await import('../training/score-pairs.js');
  const { openModel } = await import('./open-model.js');
  const opened = await openModel(output, options);
  try {
    const { tokenizer, template, bos, model } = opened.loaded;
    const data = dataConfig.parse({ train: options.data, maxLength: options.maxLength });
    const { train: trees, report } = await loadDataset(data, { tokenizer, template, bos, shape: 'pair' });
    const scores: ReturnType<typeof scorePairs> = [];
    output.text(HEADING);
    for (let start = 0; start < trees.length; start += CHUNK) {
      output.status(`scoring ${formatCount(start)} of ${formatCount(trees.length)} pairs`);
      for (const pair of scorePairs(model, trees.slice(start, start + CHUNK))) {
        output.record({
          type: 'row',
          index: scores.length,
          logps: { chosen: pair.chosen, rejected: pair.rejected },
          tokens: { chosen: pair.chosenTokens, rejected: pair.rejectedTokens },
        });
        const row = trees[scores.length]?.origin.row ?? 0;
        output.text(tableRow(row, pair.chosen, pair.chosenTokens, pair.rejected, pair.rejectedTokens));
        scores.push(pair);
      }
    }
    const { pairs, accuracy, margin } = summarise(scores);
    for (const { path, dropped } of report.files) {
      for (const [reason, { count }] of Object.entries(dropped)) {
        if (count > 0) output.note(`${path}: ${formatCount(count)} rows left out: ${reason}`);
      }
    }
    const { bold } = output.colours;
    output.text(
      `\n${formatCount(pairs)} pairs   accuracy ${bold(formatShare(accuracy))}   margin ${bold(formatNumber(margin))}`,
    );
    output.text('accuracy: share of pairs whose chosen response has the higher mean log-probability a token');
    output.record({ type: 'result', pairs, accuracy, margin });
    return undefined;
  } finally {
    opened.dispose();
  }
}

const HEADING = `${'row'.padStart(6)}  ${'chosen'.padStart(9)} ${'tokens'.padStart(6)}  ${'rejected'.padStart(9)} ${'tokens'.padStart(6)}  ${'margin'.padStart(8)}   (mean log-probability a token)`;

function tableRow(row: number, chosen: number, chosenTokens: number, rejected: number, rejectedTokens: number): string {
  const [good, bad] = [chosen / chosenTokens, rejected / rejectedTokens];
  const cells = [
    String(row).padStart(6),
    `${good.toFixed(4).padStart(9)} ${String(chosenTokens).padStart(6)}`,
    `${bad.toFixed(4).padStart(9)} ${String(rejectedTokens).padStart(6)}`,
    (good - bad).toFixed(4).padStart(8),
    good > bad ? '✓' : '✗',
  ];
  return cells.join('  ');
}
