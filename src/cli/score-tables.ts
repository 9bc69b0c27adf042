import type { Tree } from '../data/tree.js';
import type { CausalLM } from '../models/causal-lm.js';
import { type PairScore, scorePairs, summarise } from '../scoring/score-pairs.js';
import { scoreRewards, summariseRewards } from '../scoring/score-rewards.js';
import { formatCount, formatNumber, formatShare } from '../text/format.js';
import type { Output } from './output.js';

/** Pairs scored between two signs of progress. */
const CHUNK = 32;

/** Scores pairs by the log-probs of their responses: a line and a record each, then the result. */
export function scoreByLogProbs(output: Output, model: CausalLM, trees: readonly Tree[]): void {
  const scores: PairScore[] = [];
  output.text(heading(['chosen', 'tokens', 'rejected', 'tokens', 'margin'], 'mean log-probability a token'));
  inChunks(output, trees, (part) => {
    for (const pair of scorePairs(model, part)) {
      const { chosen, rejected, chosenTokens, rejectedTokens } = pair;
      output.record({
        type: 'row',
        index: scores.length,
        logps: { chosen, rejected },
        tokens: { chosen: chosenTokens, rejected: rejectedTokens },
      });
      const [good, bad] = [chosen / chosenTokens, rejected / rejectedTokens];
      const row = trees[scores.length]?.origin.row ?? 0;
      output.text(
        line(row, [good.toFixed(4), chosenTokens, bad.toFixed(4), rejectedTokens, (good - bad).toFixed(4)], good > bad),
      );
      scores.push(pair);
    }
  });
  const { pairs, accuracy, margin } = summarise(scores);
  output.text(`\n${verdict(output, pairs, accuracy, margin)}`);
  output.text('accuracy: share of pairs whose chosen response has the higher mean log-probability a token');
  output.record({ type: 'result', pairs, accuracy, margin });
}

/** Scores pairs by the rewards of a reward model: a line and a record each, then the result. */
export function scoreByRewards(output: Output, model: CausalLM, trees: readonly Tree[]): void {
  const scores: number[][] = [];
  output.text(heading(['chosen', 'rejected', 'margin'], 'rewards'));
  inChunks(output, trees, (part) => {
    for (const rewards of scoreRewards(model, part)) {
      const [chosen = Number.NaN, rejected = Number.NaN] = rewards;
      output.record({ type: 'row', index: scores.length, rewards: { chosen, rejected } });
      const row = trees[scores.length]?.origin.row ?? 0;
      output.text(
        line(row, [chosen.toFixed(4), rejected.toFixed(4), (chosen - rejected).toFixed(4)], chosen > rejected),
      );
      scores.push(rewards);
    }
  });
  const summary = summariseRewards(scores);
  const { pairs, accuracy, margin, loss, calibrationError, rewards } = summary;
  const quantiles = rewards.quantiles.map(formatNumber).join(' · ');
  output.text(`\n${verdict(output, pairs, accuracy, margin)}   loss ${formatNumber(loss)}`);
  output.text(
    `rewards   mean ${formatNumber(rewards.mean)} ± ${formatNumber(rewards.deviation)}   5 · 25 · 50 · 75 · 95 %: ${quantiles}`,
  );
  output.text(
    `calibration error ${formatShare(calibrationError)}: how far its sureness lies from how often it is right`,
  );
  output.record({ type: 'result', ...summary });
}

function inChunks(output: Output, trees: readonly Tree[], body: (part: readonly Tree[]) => void): void {
  for (let start = 0; start < trees.length; start += CHUNK) {
    output.status(`scoring ${formatCount(start)} of ${formatCount(trees.length)} pairs`);
    body(trees.slice(start, start + CHUNK));
  }
}

function verdict(output: Output, pairs: number, accuracy: number, margin: number): string {
  const { bold } = output.colours;
  return `${formatCount(pairs)} pairs   accuracy ${bold(formatShare(accuracy))}   margin ${bold(formatNumber(margin))}`;
}

const WIDTH = 9;

function heading(columns: readonly string[], what: string): string {
  return `${'row'.padStart(6)}  ${columns.map((name) => name.padStart(WIDTH)).join('  ')}   (${what})`;
}

function line(row: number, cells: readonly (string | number)[], good: boolean): string {
  return `${String(row).padStart(6)}  ${cells.map((cell) => String(cell).padStart(WIDTH)).join('  ')}  ${good ? '✓' : '✗'}`;
}
