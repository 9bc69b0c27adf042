import { formatNumber } from '../text/format.js';
import type { Tone } from './chart.js';
import { round } from './chart-layout.js';
import { labelWidth, placeLabels, shorten } from './labels.js';
import { html, type Markup } from './markup.js';
import { inTwoWidths, svgElement } from './svg.js';
import { roundAxis } from './ticks.js';

/** How one sample lies: its density at the points of the chart's grid, and its quantiles. */
export interface Density {
  readonly name: string;
  readonly tone: Tone;
  /** Whether its line is dashed, where there are more samples than tones. */
  readonly dashed: boolean;
  /** Values behind it. */
  readonly n: number;
  /** Undefined where there is none: its quantiles are drawn alone. */
  readonly density: readonly number[] | undefined;
  readonly median: number;
  /** 25 and 75%. */
  readonly middle: readonly [number, number];
  /** 5 and 95%; undefined of few values. */
  readonly outer: readonly [number, number] | undefined;
}

export interface DensityChart {
  readonly title: string;
  /** What is measured: the name of the axis. */
  readonly measure: string;
  readonly grid: readonly number[];
  readonly densities: readonly Density[];
}

const TOP = 12;
const STRIP = 20;
const PLOT = 170;
const FOOT = 40;
/** More curves on one another could not be told apart: each then stands on its own quantiles. */
const MOST_TOGETHER = 5;
const RIDGE = 38;

/**
 * Densities on one grid with their names at their peaks, and below them on the same axis median, half and nine tenths of
 * each. Of many samples each density stands in a row of its own.
 */
export function densityChart(chart: DensityChart): Markup {
  return inTwoWidths((width) => draw(chart, width));
}

function draw(chart: DensityChart, width: number): Markup {
  const { title, grid, densities, measure } = chart;
  const names = densities.map(({ name }) => shorten(name, width > 400 ? 20 : 12));
  const left = 10 + Math.max(...names.map(labelWidth));
  const right = width - 10;
  const [low = 0, high = 0] = [grid[0], grid.at(-1)];
  const x = (value: number): number => left + ((value - low) / (high - low || 1)) * (right - left);
  const known = densities.flatMap(({ density }) => density ?? []);
  const most = Math.max(...known) || 1;
  const together = densities.length <= MOST_TOGETHER;
  const plot = together && known.length > 0;
  const ground = plot ? TOP + 14 * Math.min(densities.length, 4) + PLOT : TOP;
  const row = together || known.length === 0 ? STRIP : RIDGE;
  const bottom = ground + 8 + row * densities.length;
  const rowAt = (i: number): number => ground + 8 + row * (i + 1) - STRIP / 2;
  const axis = roundAxis(low, high, width > 400 ? 6 : 4);
  // the axis ends where the grid does, not at the next round number
  const marks = axis.ticks
    .filter((tick) => tick >= low && tick <= high)
    .map(
      (tick) =>
        html`<path class="grid" d="M${round(x(tick))} ${TOP}V${round(bottom + 4)}"/><text x="${round(x(tick))}" y="${round(bottom + 18)}" text-anchor="middle">${axis.label(tick)}</text>`,
    );
  const curves = densities.map((density, i) => {
    const [foot, height] = together ? [ground, PLOT] : [rowAt(i), RIDGE - 8];
    return curve(density, grid, x, (value) => foot - (value / most) * height);
  });
  const size = { width, height: bottom + FOOT };
  const room = { left, right, top: TOP + 8, bottom: ground - 4 };
  const content = html`${marks}
${plot ? html`<path class="grid" d="M${round(left)} ${ground}H${round(right)}"/>` : undefined}
${curves}
${plot ? peaks(chart, names, x, (value) => ground - (value / most) * PLOT, room) : undefined}
${densities.map((density, i) => strip(density, names[i] ?? '', left - 8, x, rowAt(i)))}
<text x="${round((left + right) / 2)}" y="${round(size.height - 6)}" text-anchor="middle">${measure}</text>`;
  return svgElement({ title, description: describe(chart) }, size, content);
}

type Place = (value: number) => number;

function curve({ density, tone, dashed }: Density, grid: readonly number[], x: Place, y: Place): Markup | undefined {
  if (density === undefined) return undefined;
  const points = grid.map((at, i) => `${round(x(at))} ${round(y(density[i] ?? 0))}`).join('L');
  const [first, last] = [round(x(grid[0] ?? 0)), round(x(grid.at(-1) ?? 0))];
  return html`<g class="${tone}"><path class="fill" d="M${first} ${round(y(0))}L${points}L${last} ${round(y(0))}Z"/><path class="line${dashed ? ' dashed' : ''}" d="M${points}"/></g>`;
}

/** Names above the peaks, with a line to the peak where one had to move. */
function peaks(
  { grid, densities }: DensityChart,
  names: readonly string[],
  x: Place,
  y: Place,
  room: { left: number; right: number; top: number; bottom: number },
): Markup[] {
  const tops = densities.flatMap(({ density, tone }, i) => {
    if (density === undefined) return [];
    const height = Math.max(...density);
    const at = { x: x(grid[density.indexOf(height)] ?? 0), y: y(height) };
    const text = names[i] ?? '';
    return [{ tone, at, label: { text, x: at.x - labelWidth(text) / 2, y: at.y - 7 } }];
  });
  // the highest peak has no room to give way
  tops.sort((a, b) => a.at.y - b.at.y);
  const labels = placeLabels(
    tops.map(({ label }) => label),
    room,
  );
  return tops.map(({ tone, at, label }, i) => {
    const { text, x: from, y: base } = labels[i] ?? label;
    const moved = Math.abs(base - label.y) > 1 || Math.abs(from - label.x) > labelWidth(text) / 2;
    const end = base > at.y ? base - 11 : base + 3;
    const leader = moved
      ? html`<path class="leader" d="M${round(at.x)} ${round(at.y)}L${round(from + labelWidth(text) / 2)} ${round(end)}"/>`
      : undefined;
    return html`<g class="${tone}">${leader}<text class="label" x="${round(from + labelWidth(text) / 2)}" y="${round(base)}" text-anchor="middle">${text}</text></g>`;
  });
}

/** A dot at the median, a thick line from 25 to 75% and a thin one from 5 to 95%. */
function strip({ tone, median, middle, outer }: Density, name: string, left: number, x: Place, y: number): Markup {
  const line = (ends: readonly [number, number], kind: string): Markup =>
    html`<path class="${kind}" d="M${round(x(ends[0]))} ${round(y)}H${round(x(ends[1]))}"/>`;
  return html`<g class="${tone}"><text class="label" x="${round(left)}" y="${round(y + 4)}" text-anchor="end">${name}</text>${outer && line(outer, 'reach-line')}${line(middle, 'middle')}<circle class="dot" cx="${round(x(median))}" cy="${round(y)}" r="4.5"/></g>`;
}

function describe({ densities }: DensityChart): string {
  return densities
    .map(({ name, n, median, middle, outer }) => {
      const nine =
        outer === undefined ? '' : `, nine tenths from ${formatNumber(outer[0])} to ${formatNumber(outer[1])}`;
      return `${name}: median ${formatNumber(median)}, half of ${n} from ${formatNumber(middle[0])} to ${formatNumber(middle[1])}${nine}.`;
    })
    .join(' ');
}
