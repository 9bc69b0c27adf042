import type { Interval } from '../../statistics/interval.js';
import { tInterval } from '../../statistics/t-interval.js';
import { wilson } from '../../statistics/wilson.js';
import type { Estimate } from './comparison.js';

/** A figure with those ends of its interval that there are. */
export function estimate({ value, low, high }: Interval, n: number): Estimate {
  return Number.isFinite(low) && Number.isFinite(high) ? { value, low, high, n } : { value, n };
}

/** A mean with Student's interval. */
export function meanEstimate(values: readonly number[]): Estimate {
  return estimate(tInterval(values), values.length);
}

/** A share with Wilson's interval. */
export function shareEstimate(flags: readonly boolean[]): Estimate {
  return estimate(wilson(flags.filter(Boolean).length, flags.length), flags.length);
}
