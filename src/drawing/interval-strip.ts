import type { Tone } from './chart.js';
import { html, type Markup } from './markup.js';
import { type Axis, roundAxis } from './ticks.js';

/** The axis that the strips of a table's column share. */
export interface StripAxis extends Axis {
  /** Where nothing differs: drawn through all rows. */
  readonly mark: number;
}

/** A value with its interval, which is undefined where there is none. */
export interface Reach {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** Shares of 1, from end to end, with ½ in the middle. */
export const shareStrip: StripAxis = {
  low: 0,
  high: 1,
  mark: 0.5,
  ticks: [0, 0.5, 1],
  label: (tick) => `${100 * tick}%`,
};

/** An axis for values and their intervals, `mark` among them. */
export function stripAxis(values: readonly Reach[], mark: number): StripAxis {
  const ends = [mark, ...values.flatMap(({ value, low = value, high = value }) => [value, low, high])];
  const finite = ends.filter(Number.isFinite);
  return { ...roundAxis(Math.min(...finite), Math.max(...finite), 2), mark };
}

/** The head of a column of strips: its ticks. */
export function stripHead(name: string, axis: StripAxis): Markup {
  const labels = axis.ticks.map((tick, i) => {
    const anchor = i === 0 ? 'start' : i === axis.ticks.length - 1 ? 'end' : 'middle';
    return html`<text x="${percent(tick, axis)}" y="12" text-anchor="${anchor}">${axis.label(tick)}</text>`;
  });
  return html`<th scope="col" class="strip"><span class="unseen">${name}</span><svg class="chart" height="16" aria-hidden="true">${labels}</svg></th>`;
}

/** A cell with a dot at the value and a line over its interval. Other cells say the numbers, so it is hidden from who cannot see it. */
export function stripCell({ value, low, high }: Reach, axis: StripAxis, tone: Tone): Markup {
  const mark = `--mark:${percent(axis.mark, axis)}`;
  if (!Number.isFinite(value)) return html`<td class="strip" style="${mark}"></td>`;
  const known = low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high);
  const line = known
    ? html`<line class="reach-line" x1="${percent(low, axis)}" x2="${percent(high, axis)}" y1="14" y2="14"/>`
    : undefined;
  return html`<td class="strip" style="${mark}"><svg class="chart ${tone}" height="28" aria-hidden="true">${line}<circle class="dot" cx="${percent(value, axis)}" cy="14" r="5"/></svg></td>`;
}

/** A place on the axis, as a share of its length: such a drawing is as wide as its cell, and its dots stay round. */
function percent(value: number, { low, high }: Axis): string {
  const place = high > low ? (value - low) / (high - low) : 0.5;
  return `${Math.round(1000 * Math.max(0, Math.min(1, place))) / 10}%`;
}
