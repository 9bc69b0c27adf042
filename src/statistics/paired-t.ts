import type { Interval } from './interval.js';
import { mean, standardError } from './moments.js';
import { twoSidedT } from './student-t.js';
import { tInterval } from './t-interval.js';

/** Whether the mean of paired differences is zero. */
export interface PairedTest {
  readonly n: number;
  /** The mean difference with its 95% interval by Student's t. */
  readonly difference: Interval;
  readonly t: number;
  /** Two-sided. 1 where all differences are zero; NaN, as `t`, where they are all one other number. */
  readonly p: number;
}

/** Student's t-test of pairs. With fewer than two differences there is no spread, and all but the mean is NaN. */
export function pairedT(differences: readonly number[]): PairedTest {
  const n = differences.length;
  const value = mean(differences);
  const error = standardError(differences);
  const none = { n, difference: { value, low: Number.NaN, high: Number.NaN }, t: Number.NaN, p: Number.NaN };
  if (!(n >= 2)) return none;
  if (error === 0) return value === 0 ? { n, difference: { value, low: 0, high: 0 }, t: 0, p: 1 } : none;
  const t = value / error;
  return { n, difference: tInterval(differences), t, p: twoSidedT(t, n - 1) };
}
