import { formatNumber, formatShare } from '../text/format.js';
import { html, type Markup } from './markup.js';
import { type Drawing, svgElement, svgFile } from './svg.js';
import { roundAxis } from './ticks.js';

/** A named value with its interval, whose ends are no numbers where there is none. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface IntervalChart extends Drawing {
  /** What the values are, under the axis. */
  readonly across: string;
  /** Values are shares of 1. */
  readonly share: boolean;
  /** A value that all are seen against, as a dotted line through all rows. */
  readonly mark?: number | undefined;
  readonly rows: readonly IntervalRow[];
}

const WIDTH = 640;
const ROW = 28;
const TOP = 8;
const BOTTOM = 40;
/** Pixels of a character of a name. */
const CHARACTER = 7.7;

/** A row for each value, a dot with a line over its interval; undefined where no value is a number. */
export function intervalChart(chart: IntervalChart): Markup | undefined {
  const content = draw(chart);
  return content && svgElement(chart, sizeOf(chart), content);
}

/** The same as a file of its own. */
export function intervalChartFile(chart: IntervalChart): string {
  return svgFile(chart, sizeOf(chart), draw(chart) ?? html``);
}

function sizeOf({ rows }: IntervalChart): { width: number; height: number } {
  return { width: WIDTH, height: TOP + ROW * rows.length + BOTTOM };
}

function draw({ rows, across, share, mark = Number.NaN }: IntervalChart): Markup | undefined {
  const values = [...rows.flatMap(({ value, low, high }) => [value, low, high]), mark].filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const axis = roundAxis(Math.min(...values), Math.max(...values), 5);
  const left = 16 + CHARACTER * Math.max(...rows.map(({ name }) => name.length));
  const right = WIDTH - 24;
  const x = (value: number): string =>
    (left + ((value - axis.low) / (axis.high - axis.low)) * (right - left)).toFixed(1);
  const bottom = TOP + ROW * rows.length;
  const words = share ? formatShare : formatNumber;
  return html`${axis.ticks.map((tick) => html`<path class="grid" d="M${x(tick)} ${TOP}V${bottom}"/><text x="${x(tick)}" y="${bottom + 17}" text-anchor="middle">${share ? `${Math.round(tick * 1000) / 10}%` : axis.label(tick)}</text>`)}
${Number.isFinite(mark) ? html`<g class="grey"><path class="held-out" d="M${x(mark)} ${TOP}V${bottom}"/></g>` : undefined}
${rows.map(({ name, value, low, high }, at) => {
  const y = TOP + ROW * (at + 0.5);
  const reach = Number.isFinite(low) ? html`<path class="line" d="M${x(low)} ${y}H${x(high)}"/>` : undefined;
  const dot = Number.isFinite(value)
    ? html`<circle cx="${x(value)}" cy="${y}" r="4.5"><title>${words(value)}</title></circle>`
    : undefined;
  return html`<g class="blue"><text x="${left - 8}" y="${y + 4}" text-anchor="end">${name}</text>${reach}${dot}</g>`;
})}
<text x="${((left + right) / 2).toFixed(1)}" y="${bottom + 34}" text-anchor="middle">${across}</text>`;
}
