import { mean, standardDeviation, variance } from './moments.js';

/**
 * Difference of two means in units of the pooled standard deviation, positive where `a` is higher (Cohen 1988). NaN
 * with fewer than two values on a side, or where no value differs from another.
 */
export function cohensD(a: readonly number[], b: readonly number[]): number {
  const pooled = ((a.length - 1) * variance(a) + (b.length - 1) * variance(b)) / (a.length + b.length - 2);
  return pooled === 0 ? Number.NaN : (mean(a) - mean(b)) / Math.sqrt(pooled);
}

/** d_z, the effect size of pairs: the mean difference in units of the differences' standard deviation. */
export function cohensDOfPairs(differences: readonly number[]): number {
  const spread = standardDeviation(differences);
  return spread === 0 ? Number.NaN : mean(differences) / spread;
}
