import { mean } from '../../statistics/moments.js';
import { type Point, pointName } from './grid.js';
import type { Cell, Contender } from './lay-out.js';
import type { Measure } from './measures.js';
import type { Reading } from './run-cell.js';

/** What was measured of a point on the validation part. */
export interface PointReading {
  readonly point: Point;
  readonly cells: readonly Cell[];
  /** The measure that selects, one a seed; NaN where the training diverged. */
  readonly values: readonly number[];
  /** Their mean; NaN where one is none. */
  readonly mean: number;
  /** The margin, to decide between equals. */
  readonly margin: number;
}

/** What was measured of a method's points when all were there, and of those that came to the end. */
export interface Readings {
  readonly first: readonly PointReading[];
  readonly last: readonly PointReading[];
}

/** What was measured of each point of a method, in the order of the points. */
export function readPoints(
  { points, cells }: Pick<Contender, 'points' | 'cells'>,
  select: Measure,
  readingOf: (cell: Cell) => Reading | undefined,
): PointReading[] {
  return points.flatMap((point) => {
    const own = cells.filter((cell) => pointName(cell.point) === pointName(point));
    const readings = own.flatMap((cell) => readingOf(cell) ?? []);
    if (readings.length < own.length) return [];
    const values = readings.map(({ values: found }) => found[select] ?? Number.NaN);
    const margin = mean(readings.map(({ values: found }) => found.margin ?? Number.NaN));
    return [{ point, cells: own, values, mean: mean(values), margin }];
  });
}

/** The best points, best first: by the mean over seeds, then by the margin, then as they are listed. What diverged is none. */
export function bestPoints(readings: readonly PointReading[], most: number): PointReading[] {
  return readings
    .filter((reading) => Number.isFinite(reading.mean))
    .sort((a, b) => b.mean - a.mean || (b.margin || 0) - (a.margin || 0))
    .slice(0, most);
}
