import type { Interval } from './interval.js';
import { mean, standardError } from './moments.js';
import { t95 } from './student-t.js';

/** A mean with its 95% interval by Student's t. With fewer than two values there is no spread and the ends are NaN. */
export function tInterval(values: readonly number[]): Interval {
  const value = mean(values);
  const reach = values.length < 2 ? Number.NaN : t95(values.length - 1) * standardError(values);
  return { value, low: value - reach, high: value + reach };
}
