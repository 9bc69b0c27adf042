import { describe, expect, it } from 'vitest';
import { type IntervalChart, intervalChart, intervalChartFile } from './interval-chart.js';

const chart: IntervalChart = {
  title: 'Accuracy',
  description: 'a: 80%, b: 90%',
  across: 'accuracy',
  share: true,
  mark: 0.7,
  rows: [
    { name: 'a & co', value: 0.8, low: 0.75, high: 0.85 },
    { name: 'b', value: 0.9, low: Number.NaN, high: Number.NaN },
  ],
};

const places = (markup: string, of: RegExp): number[] => [...markup.matchAll(of)].map(([, x]) => Number(x));

describe('interval chart', () => {
  const markup = intervalChart(chart)?.markup ?? '';

  it('has a dot for each value and a line over each interval that is known', () => {
    const [a = 0, b = 0] = places(markup, /<circle cx="([\d.]+)"/g);
    expect(a).toBeLessThan(b);
    const reaches = [...markup.matchAll(/class="line" d="M([\d.]+) [\d.]+H([\d.]+)"/g)];
    expect(reaches).toHaveLength(1);
    expect(Number(reaches[0]?.[1])).toBeLessThan(a);
    expect(Number(reaches[0]?.[2])).toBeGreaterThan(a);
  });

  it('writes shares as percent, names as text, and the mark left of what is above it', () => {
    expect(markup).toContain('>80%<');
    expect(markup).toContain('a &amp; co');
    const [mark = Number.NaN] = places(markup, /class="held-out" d="M([\d.]+)/g);
    const [a = 0] = places(markup, /<circle cx="([\d.]+)"/g);
    expect(mark).toBeLessThan(a);
  });

  it('leaves a value that is no number without a dot, and is nothing where none is one', () => {
    const none = { name: 'c', value: Number.NaN, low: Number.NaN, high: Number.NaN };
    const withOne = intervalChart({ ...chart, rows: [...chart.rows, none] })?.markup ?? '';
    expect(places(withOne, /<circle cx="([\d.]+)"/g)).toHaveLength(2);
    expect(withOne).not.toContain('NaN');
    expect(intervalChart({ ...chart, rows: [none], mark: undefined })).toBeUndefined();
  });

  it('is a file of its own with its title', () => {
    expect(intervalChartFile(chart)).toMatch(/^<svg xmlns[\s\S]*<title>Accuracy<\/title>[\s\S]*<\/svg>\n$/);
  });
});
