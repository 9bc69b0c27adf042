import { average, type Point, smooth, thinOut } from './curve-points.js';
import { html, type Markup } from './markup.js';
import { type Axis, countAxis, roundAxis } from './ticks.js';

/** A colour of the palette in `chart-style.ts`. */
export type Tone = 'blue' | 'green' | 'orange' | 'violet' | 'grey';

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
  /** Whether a thick line shows the trend of values that jump from update to update. */
  readonly trend: boolean;
  /** Whether values are shares of 1, to be drawn from 0 to 100 %. */
  readonly share: boolean;
}

export const CHART_WIDTH = 460;
export const CHART_HEIGHT = 240;
const TOP = 12;
const BOTTOM = 30;
const LEFT = 50;
/** Width of a character of a label, generously, and least distance of two labels. */
const CHARACTER = 7.2;
const LABEL_GAP = 15;
/** A line of more points than the plot has pixels only costs bytes. */
const MOST_POINTS = 400;
const MOST_DOTS = 40;
/** A trend is the mean over about this share of the run on either side; shorter runs are drawn as they are. */
const TREND_SHARE = 1 / 24;
const TREND_FROM = 24;

interface Scales {
  readonly x: (update: number) => number;
  readonly y: (value: number) => number;
}

/** A chart as the content of an `<svg viewBox="0 0 CHART_WIDTH CHART_HEIGHT">`; empty when no value is finite. */
export function lineChart(chart: Chart): readonly Markup[] {
  const points = chart.curves.flatMap(({ updates, heldOut }) => [...updates, ...heldOut]);
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  if (values.length === 0) return [];
  const across = countAxis(least(points.map(({ x }) => x)), most(points.map(({ x }) => x)), 5);
  const up = chart.share ? shareAxis : roundAxis(least(values), most(values), 4);
  const right = 14 + CHARACTER * Math.max(...chart.curves.map(({ name }) => name.length));
  const between = (from: number, to: number, low: number, high: number) => (value: number) =>
    high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2;
  const scales: Scales = {
    x: between(LEFT, CHART_WIDTH - right, across.low, across.high),
    y: between(CHART_HEIGHT - BOTTOM, TOP, up.low, up.high),
  };
  return [
    ...grid(up, across, scales, CHART_WIDTH - right),
    ...chart.curves.flatMap((curve) => drawCurve(curve, chart.trend, scales)),
    ...labels(chart.curves, scales, CHART_WIDTH - right + 8),
  ];
}

const shareAxis: Axis = {
  low: 0,
  high: 1,
  ticks: [0, 0.25, 0.5, 0.75, 1],
  label: (tick) => `${tick * 100}%`,
};

function grid(up: Axis, across: Axis, { x, y }: Scales, right: number): Markup[] {
  const lines = up.ticks.map(
    (tick) =>
      html`<path class="grid" d="M${LEFT} ${round(y(tick))}H${round(right)}"/><text x="${LEFT - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${up.label(tick)}</text>`,
  );
  const marks = across.ticks.map(
    (tick) =>
      html`<text x="${round(x(tick))}" y="${CHART_HEIGHT - 10}" text-anchor="middle">${across.label(tick)}</text>`,
  );
  return [...lines, ...marks, html`<text x="${round(right + 8)}" y="${CHART_HEIGHT - 10}">update</text>`];
}

function drawCurve({ name, tone, updates, heldOut }: Curve, trend: boolean, scales: Scales): Markup[] {
  const smoothed = trend && updates.length >= TREND_FROM;
  const shape = path(thinOut(updates, MOST_POINTS), scales);
  const even = average(updates, MOST_POINTS);
  const parts: Markup[] = smoothed
    ? [
        html`<path class="raw" d="${shape}"/>`,
        html`<path class="line" d="${path(smooth(even, Math.ceil(even.length * TREND_SHARE)), scales)}"/>`,
      ]
    : [html`<path class="line" d="${shape}"/>`];
  const marks = heldOut.filter(({ y }) => Number.isFinite(y));
  const dots = marks.length > MOST_DOTS ? [] : marks;
  return [
    html`<g class="${tone}">`,
    ...(updates.length > 0 ? parts : []),
    ...(marks.length > 0 ? [html`<path class="held-out" d="${path(thinOut(heldOut, MOST_POINTS), scales)}"/>`] : []),
    ...dots.map(
      ({ x, y }) =>
        html`<circle cx="${round(scales.x(x))}" cy="${round(scales.y(y))}" r="3.5"><title>held out, update ${x}: ${name} ${y.toPrecision(4)}</title></circle>`,
    ),
    html`</g>`,
  ];
}

/** The name of each curve beside its end, moved apart where they would lie on one another. */
function labels(curves: readonly Curve[], { y }: Scales, x: number): Markup[] {
  const placed = curves
    .flatMap(({ name, tone, updates, heldOut }) => {
      const near = updates.filter((point) => Number.isFinite(point.y)).slice(-Math.ceil(updates.length * TREND_SHARE));
      const ends = near.length > 0 ? near : heldOut.filter((point) => Number.isFinite(point.y)).slice(-1);
      if (ends.length === 0) return [];
      return [{ name, tone, at: y(ends.reduce((sum, point) => sum + point.y, 0) / ends.length) }];
    })
    .sort((a, b) => a.at - b.at);
  let below = TOP - LABEL_GAP + 4;
  const down = placed.map((label) => {
    below = Math.max(label.at, below + LABEL_GAP);
    return { ...label, at: below };
  });
  let above = CHART_HEIGHT - BOTTOM + LABEL_GAP;
  return down.reverse().map(({ name, tone, at }) => {
    above = Math.min(at, above - LABEL_GAP);
    return html`<text class="label ${tone}" x="${round(x)}" y="${round(above + 4)}">${name}</text>`;
  });
}

function path(points: readonly Point[], { x, y }: Scales): string {
  let drawing = false;
  let text = '';
  for (const point of points) {
    const finite = Number.isFinite(point.y);
    // a value between two gaps is a line of no length, which its round ends make a dot
    if (finite) text += `${drawing ? 'L' : 'M'}${round(x(point.x))} ${round(y(point.y))}${drawing ? '' : 'h0'}`;
    drawing = finite;
  }
  return text;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
