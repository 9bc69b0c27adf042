import { describe, expect, it } from 'vitest';
import type { Chart, Curve } from './chart.js';
import { chartElement, chartFile } from './chart-element.js';
import { layOut } from './chart-layout.js';
import { lineChart } from './line-chart.js';
import { readOuts } from './read-outs.js';
import { placesOf, textsOf } from './testing/markup.js';

const size = { width: 320, height: 200 };
const series = (values: readonly number[], first = 1) => values.map((y, i) => ({ x: i + first, y }));

function chartOf(updates: readonly number[], more: Partial<Curve> = {}, others: readonly Curve[] = []): Chart {
  const curve: Curve = { name: 'loss', tone: 'blue', updates: series(updates), heldOut: [], ...more };
  return { title: 'Loss', curves: [curve, ...others], trend: true, share: false };
}

function drawn(chart: Chart): string {
  const layout = layOut(chart, size);
  return layout === undefined
    ? ''
    : lineChart(chart, layout)
        .map(({ markup }) => markup)
        .join('\n');
}

const paths = (svg: string, kind: string): string[] =>
  [...svg.matchAll(new RegExp(`class="${kind}" d="([^"]*)"`, 'g'))].map(([, d = '']) => d);

describe('lineChart', () => {
  it('draws a rising line from the lower left to the upper right of its axes', () => {
    const chart = chartOf([1, 2, 3]);
    const layout = layOut(chart, size);
    if (layout === undefined) throw new Error('nothing was laid out');
    const { left, right, top, bottom } = layout;
    const [line = ''] = paths(drawn(chart), 'line');
    expect(line.startsWith(`M${left} ${bottom}`)).toBe(true);
    expect(line.endsWith(`L${Math.round(right * 10) / 10} ${top}`)).toBe(true);
    expect(textsOf(drawn(chart))).toEqual(['1.0', '1.5', '2.0', '2.5', '3.0', '1', '2', '3', 'update']);
  });

  it('leaves a gap where a value is missing and draws one between two gaps as a dot', () => {
    const [line = ''] = paths(drawn(chartOf([1, Number.NaN, 2, Number.NaN, 3, 4])), 'line');
    expect(line.match(/M/g)).toHaveLength(3);
    expect(line).toContain('h0M');
    expect(line).not.toContain('NaN');
  });

  it('is empty without a finite value and sound with a single one', () => {
    expect(drawn(chartOf([]))).toBe('');
    expect(drawn(chartOf([Number.NaN, Number.POSITIVE_INFINITY]))).toBe('');
    for (const value of [0, -3, 1e-7]) {
      const svg = drawn(chartOf([value]));
      expect(paths(svg, 'line')).toHaveLength(1);
      expect(placesOf(svg).every((place) => place >= -1 && place <= 330)).toBe(true);
    }
  });

  it('adds a trend to many updates, and thins out very many', () => {
    const noisy = Array.from({ length: 5000 }, (_, i) => Math.sin(i));
    const svg = drawn(chartOf(noisy));
    expect(paths(svg, 'raw')).toHaveLength(1);
    expect(paths(svg, 'line')).toHaveLength(1);
    expect(svg.length).toBeLessThan(20_000);
    expect(paths(drawn(chartOf(noisy.slice(0, 10))), 'raw')).toEqual([]);
  });

  it('has a legend as soon as there is something to tell apart, in rows that fit', () => {
    expect(textsOf(drawn(chartOf([1, 2])))).not.toContain('loss');
    expect(textsOf(drawn(chartOf([1, 2], { heldOut: [{ x: 2, y: 1 }] })))).toContain('held out');
    const others = ['likelihood', 'odds ratio', 'bco_pair', 'sppo_hard'].map(
      (name): Curve => ({ name, tone: 'teal', updates: series([1, 2]), heldOut: [] }),
    );
    const layout = layOut(chartOf([1, 2], {}, others), size);
    expect(layout?.legend.map(({ name }) => name)).toEqual(['loss', ...others.map(({ name }) => name)]);
    expect(new Set(layout?.legend.map(({ y }) => y)).size).toBeGreaterThan(1);
    expect(layout?.top).toBeGreaterThan(Math.max(...(layout?.legend.map(({ y }) => y) ?? [])));
  });
});

describe('readOuts', () => {
  const read = (chart: Chart): string[] => {
    const layout = layOut(chart, size);
    return layout === undefined ? [] : readOuts(chart, layout).map(({ markup }) => markup);
  };

  it('reads each update and evaluation, in strips that cover the plot', () => {
    const chart = chartOf([1.5, Number.NaN, -2.25], {
      heldOut: [
        { x: 0, y: 4 },
        { x: 3, y: 0.5 },
      ],
    });
    expect(read(chart).map(textsOf)).toEqual([
      ['update 0', 'held out 4.000'],
      ['update 1', 'loss 1.500'],
      ['update 3', 'loss −2.250', 'held out 0.5000'],
    ]);
    const strips = read(chart).map((stop) => /class="reach" x="([^"]*)" y="[^"]*" width="([^"]*)"/.exec(stop));
    const ends = strips.map((match) => [Number(match?.[1]), Number(match?.[1]) + Number(match?.[2])]);
    for (const [i, [from = 0]] of ends.slice(1).entries()) expect(from).toBeCloseTo(ends[i]?.[1] ?? 0, 0);
  });

  it('chooses stops of a long run, its ends and evaluations among them, and stays inside the chart', () => {
    const chart = chartOf(
      Array.from({ length: 1000 }, (_, i) => i),
      { heldOut: [{ x: 503, y: 1 }] },
    );
    const stops = read(chart);
    expect(stops.length).toBeLessThan(60);
    const updates = stops.map((stop) => textsOf(stop)[0]);
    expect([updates[0], updates.at(-1)]).toEqual(['update 1', 'update 1,000']);
    expect(updates).toContain('update 503');
    expect(placesOf(stops.join('')).every((place) => place >= 0 && place <= 320)).toBe(true);
  });
});

describe('a chart as a whole', () => {
  const chart = { ...chartOf([1, 2]), title: '<Loss> & "more"' };

  it('has an accessible name, says its ends in words, and is one element', () => {
    const { markup } = chartElement(chart);
    expect(markup).toContain('aria-label="&lt;Loss&gt; &amp; &quot;more&quot;"');
    expect(markup).toContain('<desc>loss: 1.000 at update 1, 2.000 at update 2.</desc>');
    expect(chartElement(chartOf([])).markup).toContain('<desc></desc>');
  });

  it('is a file of its own with its title to be seen', () => {
    const svg = chartFile(chart);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg).toContain('<title>&lt;Loss&gt; &amp; &quot;more&quot;</title>');
    expect(textsOf(svg)).toContain('&lt;Loss&gt; &amp; &quot;more&quot;');
  });
});
