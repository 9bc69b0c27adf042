import type { Tensor } from '../torch/index.js';
import { logOdds } from './log-odds.js';
import type { BranchScores } from './objective.js';

/**
 * How a response is scored: the sum of its tokens' log-probs, their mean (long and short responses weigh alike), or the
 * log-odds of the mean's exponential, as in ORPO.
 */
export const scoreKinds = ['sum', 'mean', 'odds'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** `[T, K]`: the score of every response. */
export function scoresOf({ sums, tokens }: Pick<BranchScores, 'sums' | 'tokens'>, kind: ScoreKind): Tensor {
  if (kind === 'sum') return sums;
  const means = sums.div(tokens);
  return kind === 'mean' ? means : logOdds(means);
}

/** `[T, K]`: scores less those of the reference, where there is one. */
export function ratiosOf(policy: BranchScores, reference: BranchScores | undefined, kind: ScoreKind): Tensor {
  const scores = scoresOf(policy, kind);
  return reference === undefined ? scores : scores.sub(scoresOf(reference, kind));
}

/** First and second column of `[T, 2]`: chosen and rejected. */
export function sidesOf(pairs: Tensor): { readonly chosen: Tensor; readonly rejected: Tensor } {
  return { chosen: pairs.select(1, 0), rejected: pairs.select(1, 1) };
}
