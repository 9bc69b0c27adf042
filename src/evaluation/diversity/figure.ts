/** A number, and how many values it stands for; undefined where there was none. */
export interface Figure {
  readonly value: number | undefined;
  readonly n: number;
}

/** A mean with the spread of the values it was taken of. */
export interface MeanFigure extends Figure {
  /** Standard deviation with n - 1; undefined for fewer than two values. */
  readonly deviation: number | undefined;
}

/** The mean of those values that there are; `n` counts them. */
export function meanOf(values: readonly (number | undefined)[]): MeanFigure {
  const known = values.filter((value) => value !== undefined);
  const n = known.length;
  if (n === 0) return { value: undefined, deviation: undefined, n };
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : undefined, n };
}
