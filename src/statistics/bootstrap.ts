import { createRandom, streams } from '../data/random.js';
import type { Interval } from './interval.js';
import { quantile } from './quantile.js';

const RESAMPLES = 2000;

/**
 * A statistic of rows with its percentile bootstrap interval; resamples that have no value are left out.
 *
 * @param statistic takes the numbers of the rows drawn, in a list that is written over for the next resample
 */
export function bootstrap(
  rows: number,
  seed: number,
  statistic: (drawn: Int32Array) => number,
  resamples: number = RESAMPLES,
): Interval {
  const random = createRandom(seed, streams.bootstrap);
  const values: number[] = [];
  const drawn = new Int32Array(rows);
  for (let i = 0; i < resamples; i++) {
    for (let at = 0; at < rows; at++) drawn[at] = random.below(rows);
    const value = statistic(drawn);
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return {
    value: statistic(Int32Array.from({ length: rows }, (_, at) => at)),
    low: quantile(values, 0.025),
    high: quantile(values, 0.975),
  };
}
