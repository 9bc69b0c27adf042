/** A value at an update; `y` is NaN where there is none, which leaves a gap. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most `most` points, rounded up to an even number, that look like all of them: of each stretch the lowest and the
 * highest, in their order. A stretch without any value leaves one gap.
 */
export function thinOut(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  return stretches(points, Math.ceil(most / 2)).flatMap((part) => {
    const finite = part.filter(({ y }) => Number.isFinite(y));
    let [low] = finite;
    let [high] = finite;
    for (const point of finite) {
      if (low !== undefined && point.y < low.y) low = point;
      if (high !== undefined && point.y > high.y) high = point;
    }
    if (low === undefined || high === undefined) return part.slice(0, 1);
    if (low === high) return [low];
    return low.x < high.x ? [low, high] : [high, low];
  });
}

/** At most `most` points: the means of stretches of equal length, over the values that are finite. */
export function average(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  return stretches(points, most).map((part) => ({
    x: mean(part.map(({ x }) => x)),
    y: mean(part.map(({ y }) => y).filter(Number.isFinite)),
  }));
}

/** Each value as the mean of itself and of `reach` neighbours on either side, as far as they are there and finite. */
export function smooth(points: readonly Point[], reach: number): Point[] {
  return points.map(({ x, y }, i) => {
    if (!Number.isFinite(y)) return { x, y };
    const near = points.slice(Math.max(0, i - reach), i + reach + 1);
    return { x, y: mean(near.map((point) => point.y).filter(Number.isFinite)) };
  });
}

function stretches(points: readonly Point[], count: number): (readonly Point[])[] {
  return Array.from({ length: count }, (_, i) =>
    points.slice(Math.floor((i * points.length) / count), Math.floor(((i + 1) * points.length) / count)),
  );
}

/** NaN where there is no value. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
