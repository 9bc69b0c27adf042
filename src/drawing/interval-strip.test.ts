import { describe, expect, it } from 'vitest';
import { shareStrip, stripAxis, stripCell, stripHead } from './interval-strip.js';
import { faultsOf, textsOf } from './testing/markup.js';

describe('stripCell', () => {
  it('puts a share at its place between 0 and 100%, its interval around it', () => {
    const { markup } = stripCell({ value: 0.625, low: 0.5, high: 0.75 }, shareStrip, 'blue');
    expect(markup).toContain('cx="62.5%"');
    expect(markup).toContain('x1="50%" x2="75%"');
    expect(markup).toContain('--mark:50%');
    expect(faultsOf(markup)).toEqual([]);
  });

  it('draws no interval where there is none, nothing where there is no value, and never beyond its ends', () => {
    expect(stripCell({ value: 0.5 }, shareStrip, 'blue').markup).not.toContain('<line');
    expect(stripCell({ value: 0.5, low: Number.NaN, high: 1 }, shareStrip, 'blue').markup).not.toContain('<line');
    expect(stripCell({ value: Number.NaN }, shareStrip, 'blue').markup).not.toContain('<svg');
    expect(stripCell({ value: 2 }, shareStrip, 'blue').markup).toContain('cx="100%"');
  });
});

describe('stripAxis', () => {
  it('holds all values, their intervals and the mark', () => {
    const axis = stripAxis([{ value: 0.4, low: 0.1, high: 1.3 }, { value: Number.NaN }], 0);
    expect(axis.low).toBeLessThanOrEqual(0);
    expect(axis.high).toBeGreaterThanOrEqual(1.3);
    expect(textsOf(stripHead('strength', axis).markup).length).toBe(axis.ticks.length);
  });

  it('is sound around a single value', () => {
    expect(stripCell({ value: 0 }, stripAxis([{ value: 0 }], 0), 'blue').markup).toContain('cx="50%"');
  });
});
