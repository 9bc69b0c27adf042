import { createRandom } from '../data/random.js';
import { randomStreams } from './random-streams.js';

/** A number with its 95% confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5% point of the normal distribution. */
const Z = 1.959963984540054;
const RESAMPLES = 2000;

/** A share `hits / rows` with Wilson's interval, which stays inside 0 to 1 and holds for few rows too. */
export function wilson(hits: number, rows: number): Interval {
  const share = hits / rows;
  const shrink = 1 + Z ** 2 / rows;
  const centre = (share + Z ** 2 / (2 * rows)) / shrink;
  const reach = (Z / shrink) * Math.sqrt((share * (1 - share)) / rows + Z ** 2 / (4 * rows ** 2));
  return { value: share, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

/**
 * A statistic of rows with its percentile bootstrap interval; resamples that have no value are left out.
 *
 * @param statistic takes the numbers of the rows drawn
 */
export function bootstrap(rows: number, seed: number, statistic: (drawn: Int32Array) => number): Interval {
  const random = createRandom(seed, randomStreams.bootstrap);
  const values: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const value = statistic(Int32Array.from({ length: rows }, () => random.below(rows)));
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return {
    value: statistic(Int32Array.from({ length: rows }, (_, at) => at)),
    low: quantile(values, 0.025),
    high: quantile(values, 0.975),
  };
}

/** Between the two nearest of sorted values, in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
