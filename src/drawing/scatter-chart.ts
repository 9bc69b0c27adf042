import { formatNumber, formatShare } from '../text/format.js';
import type { Tone } from './chart.js';
import { CHARACTER, round } from './chart-layout.js';
import { labelWidth, placeLabels, shorten } from './labels.js';
import { html, type Markup } from './markup.js';
import { inTwoWidths, svgElement } from './svg.js';
import { logAxis, roundAxis } from './ticks.js';

export interface Dot {
  readonly name: string;
  readonly tone: Tone;
  /** Above zero. */
  readonly x: number;
  readonly y: number;
  /** Interval of `y`; undefined where there is none. */
  readonly reach: readonly [number, number] | undefined;
}

export interface ScatterChart {
  readonly title: string;
  /** Names of the axes; the one across is logarithmic. */
  readonly across: string;
  readonly up: string;
  /** Whether `y` is a share of 1. */
  readonly share: boolean;
  readonly dots: readonly Dot[];
  /** A height to hold the dots against, with its name. */
  readonly level: { readonly y: number; readonly name: string } | undefined;
}

const HEIGHT = 290;

/** Dots with their names beside them and their intervals through them, on a logarithmic axis. */
export function scatterChart(chart: ScatterChart): Markup {
  return inTwoWidths((width) => draw(chart, width));
}

function draw(chart: ScatterChart, width: number): Markup {
  const { title, dots, level, share } = chart;
  const heights = [...dots.flatMap(({ y, reach }) => [y, ...(reach ?? [])]), ...(level === undefined ? [] : [level.y])];
  const up = roundAxis(Math.min(...heights), Math.max(...heights), 5);
  const across = logAxis(Math.min(...dots.map(({ x }) => x)), Math.max(...dots.map(({ x }) => x)), width > 400 ? 4 : 3);
  const label = (tick: number): string => (share ? `${Math.round(100 * tick)}%` : up.label(tick));
  const left = 12 + CHARACTER * Math.max(...up.ticks.map((tick) => label(tick).length));
  const [right, top, bottom] = [width - 14, 30, HEIGHT - 40];
  const x = (value: number): number =>
    left + ((Math.log10(value) - across.low) / (across.high - across.low)) * (right - left);
  const y = (value: number): number => bottom - ((value - up.low) / (up.high - up.low || 1)) * (bottom - top);
  const lines = up.ticks.map(
    (tick) =>
      html`<path class="grid" d="M${round(left)} ${round(y(tick))}H${round(right)}"/><text x="${round(left - 8)}" y="${round(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
  );
  const marks = across.ticks.map(
    (tick) =>
      html`<path class="grid" d="M${round(x(10 ** tick))} ${bottom}v4"/><text x="${round(x(10 ** tick))}" y="${bottom + 17}" text-anchor="middle">${across.label(tick)}</text>`,
  );
  const base = level && html`<path class="level" d="M${round(left)} ${round(y(level.y))}H${round(right)}"/>`;
  const room = { left: left + 2, right: width - 2, top: top + 8, bottom: bottom - 4 };
  const short = (name: string): string => shorten(name, width > 400 ? 20 : 12);
  const [levelName] = level === undefined ? [] : [short(level.name)];
  const ofLevel =
    level === undefined || levelName === undefined
      ? []
      : [{ text: levelName, x: right - labelWidth(levelName), y: y(level.y) - 5 }];
  const ofDots = dots.map((dot) => {
    const text = short(dot.name);
    const beside = x(dot.x) + 9;
    // to the left where the right has no room
    const from = beside + labelWidth(text) > room.right ? x(dot.x) - 9 - labelWidth(text) : beside;
    return { text, x: from, y: y(dot.y) - 6 };
  });
  const labels = placeLabels([...ofDots, ...ofLevel], room);
  const drawn = dots.map(({ tone, reach, ...dot }) => {
    const [cx, cy] = [round(x(dot.x)), round(y(dot.y))];
    const whisker = reach && html`<path class="reach-line" d="M${cx} ${round(y(reach[0]))}V${round(y(reach[1]))}"/>`;
    return html`<g class="${tone}">${whisker}<circle class="dot" cx="${cx}" cy="${cy}" r="5.5"/></g>`;
  });
  // after all dots, so that none hides a name
  const names = labels.map(
    ({ text, ...at }, i) =>
      html`<text class="label ${dots[i]?.tone ?? 'grey'}" x="${round(at.x)}" y="${round(at.y)}">${text}</text>`,
  );
  const content = html`${lines}
${marks}
${base}
${drawn}
${names}
<text x="${round(left - 8)}" y="14">${chart.up}</text>
<text x="${round((left + right) / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${chart.across}</text>`;
  return svgElement({ title, description: describe(chart) }, { width, height: HEIGHT }, content);
}

function describe({ dots, share, across }: ScatterChart): string {
  const value = share ? formatShare : formatNumber;
  return dots
    .map(({ name, x, y, reach }) => {
      const between = reach === undefined ? '' : ` (${value(reach[0])} to ${value(reach[1])})`;
      return `${name}: ${value(y)}${between} at ${formatNumber(x)} ${across}.`;
    })
    .join(' ');
}
