import type { Chart, ChartSize, Tone } from './chart.js';
import { type Axis, countAxis, roundAxis } from './ticks.js';

/** Where everything of a chart lies, in its own coordinates. */
export interface ChartLayout {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly size: ChartSize;
  readonly up: Axis;
  readonly across: Axis;
  readonly x: (update: number) => number;
  readonly y: (value: number) => number;
  readonly legend: readonly LegendEntry[];
}

export interface LegendEntry {
  readonly name: string;
  /** The tone of a curve; undefined for held-out values of any curve. */
  readonly tone: Tone | undefined;
  readonly x: number;
  readonly y: number;
}

/** Width of a character in the widest of the usual fonts. */
export const CHARACTER = 7.7;
/** The short line before a name of the legend. */
export const SWATCH = 24;
const LINE = 18;
const GAP = 16;
const BOTTOM = 40;

/** Lays out a chart; undefined when none of its values is finite. */
export function layOut(chart: Chart, size: ChartSize): ChartLayout | undefined {
  const points = chart.curves.flatMap(({ updates, heldOut }) => [...updates, ...heldOut]);
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const updates = points.map(({ x }) => x);
  const legend = placeLegend(chart, size.width);
  const up = chart.share ? shareAxis : roundAxis(least(values), most(values), 4);
  const across = countAxis(least(updates), most(updates), Math.max(2, Math.floor(size.width / 90)));
  const left = 13 + CHARACTER * Math.max(...up.ticks.map((tick) => up.label(tick).length));
  // half of the last label lies beyond the plot
  const right = size.width - Math.max(8, (CHARACTER * across.label(across.high).length) / 2);
  const top = legend.length === 0 ? 10 : 16 + (legend.at(-1)?.y ?? 0);
  const bottom = size.height - BOTTOM;
  const x = between(left, right, across);
  const y = between(bottom, top, up);
  return { left, right, top, bottom, size, up, across, x, y, legend };
}

/** A coordinate to the tenth of a pixel, which the eye cannot tell from the whole number. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const shareAxis: Axis = {
  low: 0,
  high: 1,
  ticks: [0, 0.25, 0.5, 0.75, 1],
  label: (tick) => `${tick * 100}%`,
};

/** Names in rows as wide as the chart. A curve alone is named by the title. */
function placeLegend({ curves }: Chart, width: number): LegendEntry[] {
  const named = curves.length > 1 ? curves.map(({ name, tone }) => ({ name, tone })) : [];
  const evaluated = curves.some(({ heldOut }) => heldOut.some(({ y }) => Number.isFinite(y)));
  const entries = evaluated ? [...named, { name: 'held out', tone: undefined }] : named;
  let x = 0;
  let y = 12;
  return entries.map((entry) => {
    const room = SWATCH + 6 + CHARACTER * entry.name.length;
    if (x > 0 && x + room > width) [x, y] = [0, y + LINE];
    const placed = { ...entry, x, y };
    x += room + GAP;
    return placed;
  });
}

/** A value alone on its axis stands in the middle. */
function between(from: number, to: number, { low, high }: Axis): (value: number) => number {
  return (value) => (high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
