import { standardDeviation } from './moments.js';

/**
 * A kernel density of a sample at the points of a grid: a normal curve about each value, as wide as Scott's rule says
 * (sd · n^(-1/5)), as scipy's `gaussian_kde` does. Undefined where no value differs from another.
 */
export function gaussianDensity(values: readonly number[], grid: readonly number[]): number[] | undefined {
  const width = standardDeviation(values) * values.length ** -0.2;
  if (!(width > 0)) return undefined;
  const height = 1 / (values.length * width * Math.sqrt(2 * Math.PI));
  return grid.map((x) => height * values.reduce((sum, value) => sum + Math.exp(-0.5 * ((x - value) / width) ** 2), 0));
}
