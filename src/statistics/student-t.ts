import { incompleteBeta } from './incomplete-beta.js';

/** How often |t| of a Student distribution with `freedom` degrees is at least as large. */
export function twoSidedT(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t ** 2), freedom / 2, 0.5);
}

/** The 97.5% point of Student's distribution with `freedom` >= 1 degrees: the reach of a 95% interval of a mean. */
export function t95(freedom: number): number {
  let [low, high] = [1.9, 13];
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (twoSidedT(middle, freedom) > 0.05) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
