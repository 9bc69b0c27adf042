import { formatCount, formatNumber, formatShare } from '../text/format.js';
import type { Chart, Curve, Tone } from './chart.js';
import { CHARACTER, type ChartLayout, round } from './chart-layout.js';
import type { Point } from './curve-points.js';
import { html, type Markup } from './markup.js';

/** A pointer cannot aim at more stops, and each costs half a kilobyte. */
const MOST_STOPS = 48;
const LINE = 16;
const BOLD_CHARACTER = 1.1 * CHARACTER;
const PADDING = 8;

interface Reading {
  readonly text: string;
  readonly tone: Tone;
  readonly y: number;
}

/**
 * The values under the pointer, without a script: the plot is cut into upright strips, and the style sheet shows what
 * belongs to the one that is pointed at.
 */
export function readOuts(chart: Chart, layout: ChartLayout): readonly Markup[] {
  const curves = chart.curves.map((curve) => ({
    curve,
    updates: byUpdate(curve.updates),
    heldOut: byUpdate(curve.heldOut),
  }));
  const stops = chooseStops(chart.curves);
  return stops.map((update, i) => {
    const readings = curves.flatMap(({ curve, updates, heldOut }) => [
      ...reading(chart, curve, updates.get(update)),
      ...reading(chart, curve, heldOut.get(update), ' held out'),
    ]);
    const at = layout.x(update);
    const from = i === 0 ? layout.left : (layout.x(stops[i - 1] ?? update) + at) / 2;
    const to = i === stops.length - 1 ? layout.right : (at + layout.x(stops[i + 1] ?? update)) / 2;
    const { top, bottom } = layout;
    return html`<g class="stop"><rect class="reach" x="${round(from)}" y="${top}" width="${round(to - from)}" height="${bottom - top}"/><g class="read"><path class="rule" d="M${round(at)} ${top}V${bottom}"/>
${readings.map(({ tone, y }) => html`<circle class="${tone}" cx="${round(at)}" cy="${round(layout.y(y))}" r="3"/>`)}
${box(`${chart.across ?? 'update'} ${formatCount(update)}`, readings, at, layout)}</g></g>`;
  });
}

function reading({ share, curves }: Chart, { name, tone }: Curve, y: number | undefined, more = ''): Reading[] {
  if (y === undefined) return [];
  const value = share ? formatShare(y) : formatNumber(y);
  const what = `${curves.length > 1 || more === '' ? name : ''}${more}`.trim();
  return [{ text: `${what} ${value.replace('-', '−')}`, tone, y }];
}

/** What is read, beside the rule on the side with more room. */
function box(
  heading: string,
  readings: readonly Reading[],
  at: number,
  { left, right, top, size }: ChartLayout,
): Markup {
  const longest = Math.max(heading.length, ...readings.map(({ text }) => text.length));
  const width = 2 * PADDING + BOLD_CHARACTER * longest;
  const beside = at < (left + right) / 2 ? at + PADDING : at - PADDING - width;
  const x = Math.max(0, Math.min(beside, size.width - width));
  const lines = readings.map(
    ({ text, tone }, i) =>
      html`<text class="label ${tone}" x="${round(x + PADDING)}" y="${top + PADDING + LINE * (i + 2) - 3}">${text}</text>`,
  );
  return html`<rect class="box" x="${round(x)}" y="${top}" width="${round(width)}" height="${2 * PADDING + LINE * (readings.length + 1)}" rx="4"/><text x="${round(x + PADDING)}" y="${top + PADDING + LINE - 3}">${heading}</text>${lines}`;
}

/** Updates with a value of any curve: all of them, or one of each stretch, where something was evaluated if possible. */
function chooseStops(curves: readonly Curve[]): number[] {
  const finite = (points: readonly Point[]): number[] => points.filter(({ y }) => Number.isFinite(y)).map(({ x }) => x);
  const evaluated = new Set(curves.flatMap(({ heldOut }) => finite(heldOut)));
  const all = [...new Set([...curves.flatMap(({ updates }) => finite(updates)), ...evaluated])].sort((a, b) => a - b);
  if (all.length <= MOST_STOPS) return all;
  return Array.from({ length: MOST_STOPS }, (_, i) => {
    const stretch = all.slice(
      Math.floor((i * all.length) / MOST_STOPS),
      Math.floor(((i + 1) * all.length) / MOST_STOPS),
    );
    // the very ends can be read, too
    const usual = i === 0 ? stretch[0] : i === MOST_STOPS - 1 ? stretch.at(-1) : stretch[stretch.length >> 1];
    return stretch.find((update) => evaluated.has(update)) ?? usual ?? 0;
  });
}

function byUpdate(points: readonly Point[]): Map<number, number> {
  return new Map(points.filter(({ y }) => Number.isFinite(y)).map(({ x, y }) => [x, y]));
}
