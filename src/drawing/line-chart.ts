import type { Chart, Curve } from './chart.js';
import { type ChartLayout, round, SWATCH } from './chart-layout.js';
import { average, type Point, smooth, thinOut } from './curve-points.js';
import { html, type Markup } from './markup.js';

/** A line of more points than the plot has pixels only costs bytes. */
const MOST_POINTS = 400;
const MOST_DOTS = 40;
/** A trend is the mean over about this share of the run on either side; shorter runs are drawn as they are. */
const TREND_SHARE = 1 / 24;
const TREND_FROM = 24;

/** A chart as the content of an `<svg>` of the size it was laid out for. */
export function lineChart(chart: Chart, layout: ChartLayout): readonly Markup[] {
  return [
    ...legend(layout),
    ...grid(layout, chart.across ?? 'update'),
    ...chart.curves.flatMap((curve) => drawCurve(curve, chart.trend, layout)),
  ];
}

function legend(layout: ChartLayout): Markup[] {
  return layout.legend.map(({ name, tone, x, y }) => {
    const middle = y - 4;
    const line = html`<path class="${tone === undefined ? 'held-out' : 'line'}" d="M${round(x + 1)} ${middle}h${SWATCH - 2}"/>`;
    const dot = tone === undefined ? html`<circle cx="${round(x + SWATCH / 2)}" cy="${middle}" r="3.5"/>` : undefined;
    return html`<g class="${tone ?? 'ink'}">${line}${dot}<text x="${round(x + SWATCH + 6)}" y="${y}">${name}</text></g>`;
  });
}

function grid({ up, across, x, y, left, right, bottom, size }: ChartLayout, named: string): Markup[] {
  const lines = up.ticks.map(
    (tick) =>
      html`<path class="grid" d="M${round(left)} ${round(y(tick))}H${round(right)}"/><text x="${round(left - 8)}" y="${round(y(tick) + 4)}" text-anchor="end">${up.label(tick)}</text>`,
  );
  const marks = across.ticks.map(
    (tick) =>
      html`<path class="grid" d="M${round(x(tick))} ${bottom}v4"/><text x="${round(x(tick))}" y="${bottom + 17}" text-anchor="middle">${across.label(tick)}</text>`,
  );
  const name = html`<text x="${round((left + right) / 2)}" y="${size.height - 6}" text-anchor="middle">${named}</text>`;
  return [...lines, ...marks, name];
}

function drawCurve({ tone, updates, heldOut }: Curve, trend: boolean, layout: ChartLayout): Markup[] {
  const smoothed = trend && updates.length >= TREND_FROM;
  const shape = path(thinOut(updates, MOST_POINTS), layout);
  const even = average(updates, MOST_POINTS);
  const parts: Markup[] = smoothed
    ? [
        html`<path class="raw" d="${shape}"/>`,
        html`<path class="line" d="${path(smooth(even, Math.ceil(even.length * TREND_SHARE)), layout)}"/>`,
      ]
    : [html`<path class="line" d="${shape}"/>`];
  const marks = heldOut.filter(({ y }) => Number.isFinite(y));
  const dots = marks.length > MOST_DOTS ? [] : marks;
  return [
    html`<g class="${tone}">`,
    ...(updates.length > 0 ? parts : []),
    ...(marks.length > 0 ? [html`<path class="held-out" d="${path(thinOut(heldOut, MOST_POINTS), layout)}"/>`] : []),
    ...dots.map(({ x, y }) => html`<circle cx="${round(layout.x(x))}" cy="${round(layout.y(y))}" r="3.5"/>`),
    html`</g>`,
  ];
}

function path(points: readonly Point[], { x, y }: ChartLayout): string {
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
