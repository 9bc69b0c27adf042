import { incompleteBeta } from './incomplete-beta.js';

/**
 * Two-sided exact sign test: how often a fair coin is at least as one-sided as `wins` to `losses`. Ties take no part.
 * On the two counts of pairs in which just one of two raters or systems is right it is McNemar's exact test. 1 where
 * nothing was decided.
 */
export function signTest(wins: number, losses: number): number {
  const decided = wins + losses;
  const fewer = Math.min(wins, losses);
  if (2 * fewer === decided) return 1;
  // P(X <= fewer) of a fair binomial
  return Math.min(1, 2 * incompleteBeta(0.5, decided - fewer, fewer + 1));
}
