import { mean } from '../../statistics/moments.js';
import type { Axis, Point } from './grid.js';
import type { PointReading } from './select.js';

/** How the validation measure moves along one thing that was searched. */
export interface Sensitivity {
  /** `learningRate`, or a setting of the loss. */
  readonly key: string;
  readonly values: readonly {
    readonly value: number;
    /** Mean over the points with this value that did not diverge; NaN where all did. */
    readonly mean: number;
    /** The best of those points. */
    readonly best: number;
    readonly points: number;
    readonly diverged: number;
  }[];
  /** Distance of the highest of the best from the lowest. */
  readonly spread: number;
}

/** The measure along each axis, all other axes averaged over or taken at their best. */
export function sensitivityOf(axes: readonly Axis[], readings: readonly PointReading[]): Sensitivity[] {
  return axes.map(({ key, values }) => {
    const along = values.map((value) => {
      const own = readings.filter(({ point }) => settingOf(point, key) === value);
      const means = own.map((reading) => reading.mean).filter(Number.isFinite);
      return {
        value,
        mean: mean(means),
        best: means.length === 0 ? Number.NaN : Math.max(...means),
        points: own.length,
        diverged: own.length - means.length,
      };
    });
    const best = along.map((one) => one.best).filter(Number.isFinite);
    return { key, values: along, spread: best.length === 0 ? Number.NaN : Math.max(...best) - Math.min(...best) };
  });
}

/** Axes whose chosen value is the first or the last: what lies beyond was not tried. */
export function edgesOf(axes: readonly Axis[], point: Point): string[] {
  return axes
    .filter(({ key, values }) => {
      const value = settingOf(point, key);
      return values.length > 1 && (value === Math.min(...values) || value === Math.max(...values));
    })
    .map(({ key }) => key);
}

export function settingOf({ learningRate, strength }: Point, key: string): number | undefined {
  return key === 'learningRate' ? learningRate : strength[key];
}
