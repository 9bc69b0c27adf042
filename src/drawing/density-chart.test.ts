import { describe, expect, it } from 'vitest';
import { gaussianDensity } from '../statistics/gaussian-density.js';
import { type Density, densityChart } from './density-chart.js';
import { faultsOf, placesOf, textsOf } from './testing/markup.js';

const grid = Array.from({ length: 65 }, (_, i) => i / 8 - 4);
const sample = (centre: number): number[] => Array.from({ length: 21 }, (_, i) => centre + (i - 10) / 8);

function densityOf(name: string, centre: number, more: Partial<Density> = {}): Density {
  return {
    name,
    tone: 'blue',
    dashed: false,
    n: 21,
    density: gaussianDensity(sample(centre), grid),
    median: centre,
    middle: [centre - 0.625, centre + 0.625],
    outer: [centre - 1.125, centre + 1.125],
    ...more,
  };
}
const draw = (...densities: readonly Density[]): string =>
  densityChart({ title: 'Rewards', measure: 'reward', grid, densities }).markup;
const wide = (drawn: string): string => drawn.slice(0, drawn.indexOf('<div class="on-narrow">'));

describe('densityChart', () => {
  it('draws a curve a sample whose peak is where the sample is, its name above it and its quantiles below', () => {
    const drawn = wide(draw(densityOf('base', -1), densityOf('orpo', 1)));
    expect(drawn.match(/class="line"/g)).toHaveLength(2);
    expect(textsOf(drawn).filter((text) => text === 'orpo')).toHaveLength(2);
    const peaks = [...drawn.matchAll(/class="line" d="M([^"]*)"/g)].map(([, d = '']) => {
      const points = d.split('L').map((point) => point.split(' ').map(Number));
      return points.reduce((a, b) => ((b[1] ?? 0) < (a[1] ?? 0) ? b : a))[0] ?? 0;
    });
    const medians = [...drawn.matchAll(/class="dot" cx="([^"]*)"/g)].map(([, x]) => Number(x));
    expect(medians[1]).toBeGreaterThan(medians[0] ?? 0);
    for (const [i, peak] of peaks.entries()) expect(Math.abs(peak - (medians[i] ?? 0))).toBeLessThan(3);
  });

  it('draws quantiles alone where there is no density, and no outer ones of few values', () => {
    const drawn = wide(draw(densityOf('few', 0, { density: undefined, outer: undefined })));
    expect(drawn).not.toMatch(/class="(line|fill|reach-line)"/);
    expect(drawn).toContain('class="middle"');
    expect(textsOf(drawn)).toContain('few');
  });

  it('tells those who do not see it how each sample lies', () => {
    expect(draw(densityOf('base', -1))).toContain(
      'base: median -1.000, half of 21 from -1.625 to -0.3750, nine tenths from -2.125 to 0.1250.',
    );
  });

  it('stays well-formed and inside its drawing whatever names there are and however many', () => {
    const evil = '</desc><script>alert(1)</script>'.repeat(2);
    const drawn = draw(...Array.from({ length: 9 }, (_, i) => densityOf(`${i}${evil}`, i / 10)));
    expect(faultsOf(drawn)).toEqual([]);
    expect(drawn).not.toContain('<script');
    expect(placesOf(drawn).every((place) => place >= -1 && place <= 520)).toBe(true);
  });

  it('is sound where all values are one', () => {
    const flat = densityOf('same', 2, { density: undefined, middle: [2, 2], outer: [2, 2] });
    expect(placesOf(densityChart({ title: '', measure: '', grid: [2, 2], densities: [flat] }).markup)).not.toContain(
      Number.NaN,
    );
  });
});
