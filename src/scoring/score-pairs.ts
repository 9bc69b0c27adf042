import { buildForest } from '../data/forest.js';
import { microBatches } from '../data/order.js';
import type { Tree } from '../data/tree.js';
import type { CausalLM } from '../models/causal-lm.js';
import { noGrad, scope, toNumbers } from '../torch/index.js';
import { scoreForest } from './score-forest.js';
import { stepTotals } from './step-totals.js';

/** What a model thinks of a pair: sums of log-probs and token counts of both responses. */
export interface PairScore {
  readonly chosen: number;
  readonly rejected: number;
  readonly chosenTokens: number;
  readonly rejectedTokens: number;
}

export interface PairSummary {
  readonly pairs: number;
  /** Share of pairs whose chosen response has the higher mean log-prob. */
  readonly accuracy: number;
  /** Mean difference of the mean log-probs. */
  readonly margin: number;
}

/** Scores pairs in their order, at most `microTokens` tokens at once. */
export function scorePairs(model: CausalLM, trees: readonly Tree[], microTokens = 4096): PairScore[] {
  return microBatches(trees, microTokens).flatMap((part) =>
    scope(() =>
      noGrad(() => {
        const scores = scoreForest(model, buildForest(part, { nll: 'response' }), stepTotals(part, 'response'));
        const sums = toNumbers(scores.sums);
        const tokens = toNumbers(scores.tokens);
        return part.map((_, i) => ({
          chosen: sums[2 * i] ?? Number.NaN,
          rejected: sums[2 * i + 1] ?? Number.NaN,
          chosenTokens: tokens[2 * i] ?? 0,
          rejectedTokens: tokens[2 * i + 1] ?? 0,
        }));
      }),
    ),
  );
}

export function summarise(scores: readonly PairScore[]): PairSummary {
  let wins = 0;
  let margin = 0;
  for (const { chosen, rejected, chosenTokens, rejectedTokens } of scores) {
    const difference = chosen / chosenTokens - rejected / rejectedTokens;
    if (difference > 0) wins++;
    margin += difference;
  }
  return { pairs: scores.length, accuracy: wins / scores.length, margin: margin / scores.length };
}
