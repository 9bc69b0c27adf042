/** A number with its 95% confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5% point of the normal distribution: how many standard errors a 95% interval reaches to either side. */
export const Z95 = 1.959963984540054;

/** `value` with the interval that a normal estimate of this standard error has. */
export function normalInterval(value: number, standardError: number): Interval {
  return { value, low: value - Z95 * standardError, high: value + Z95 * standardError };
}
