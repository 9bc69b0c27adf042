import { chartFile } from '../dist/drawing/chart-element.js';
import { intervalChartFile } from '../dist/drawing/interval-chart.js';

const TONES = ['blue', 'orange', 'green', 'violet', 'teal', 'pink', 'grey'];

/** A figure of lines, one a series `{ name, points: [[x, y], …] }`. */
export function lines(file, title, across, series, { share = false } = {}) {
  const curves = series.map(({ name, points }, at) => ({
    name,
    tone: TONES[at % TONES.length],
    updates: points.map(([x, y]) => ({ x, y })),
    heldOut: [],
  }));
  return { file, title, svg: chartFile({ title, across, curves, trend: false, share }) };
}

/** A figure of named values with their intervals, `{ name, value, low, high }`. */
export function intervals(file, title, { across, rows, share = false, mark }) {
  const description = rows.map(({ name, value }) => `${name}: ${value.toFixed(3)}.`).join(' ');
  return { file, title, svg: intervalChartFile({ title, description, across, share, mark, rows }) };
}
