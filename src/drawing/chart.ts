import type { Point } from './curve-points.js';

/** A colour of the palette in `chart-style.ts`. */
export type Tone = 'blue' | 'green' | 'orange' | 'violet' | 'grey' | 'teal' | 'pink';

export interface Curve {
  readonly name: string;
  readonly tone: Tone;
  /** One point an update, from left to right. */
  readonly updates: readonly Point[];
  /** One point an evaluation. */
  readonly heldOut: readonly Point[];
}

export interface Chart {
  /** What is drawn; its accessible name. */
  readonly title: string;
  readonly curves: readonly Curve[];
  /** What lies across; updates when it is left out. */
  readonly across?: string;
  /** Whether a thick line shows the trend of values that jump from update to update. */
  readonly trend: boolean;
  /** Whether values are shares of 1, to be drawn from 0 to 100 %. */
  readonly share: boolean;
}

/** Pixels, where a chart is shown at the size it was drawn for. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}
