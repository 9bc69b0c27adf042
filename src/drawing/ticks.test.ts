import { describe, expect, it } from 'vitest';
import { countAxis, logAxis, roundAxis } from './ticks.js';

const labels = ({ ticks, label }: ReturnType<typeof roundAxis>) => ticks.map(label);

describe('roundAxis', () => {
  it('spans all values in steps of 1, 2 or 5 times a power of ten', () => {
    expect(labels(roundAxis(-5.4, -2.6, 4))).toEqual(['−6', '−5', '−4', '−3', '−2']);
    expect(labels(roundAxis(0, 1.4, 4))).toEqual(['0.0', '0.5', '1.0', '1.5']);
    expect(labels(roundAxis(0, 5e-4, 4))).toEqual(['0', '2e−4', '4e−4', '6e−4']);
    expect(labels(roundAxis(-3e6, 0, 3))).toEqual(['−3e6', '−2e6', '−1e6', '0']);
  });

  it('holds any range and has at most a few ticks more than asked for', () => {
    for (const [low, high] of [
      [0.1, 0.3],
      [-1e-9, 2e-9],
      [12_345, 12_346],
      [-7, 123_456_789],
    ] as const) {
      const { ticks, ...axis } = roundAxis(low, high, 4);
      expect(axis.low).toBeLessThanOrEqual(low);
      expect(axis.high).toBeGreaterThanOrEqual(high);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(8);
    }
  });

  it('puts a single value between two ticks, zero too', () => {
    for (const value of [0, 3, -0.25]) {
      const { low, high } = roundAxis(value, value, 4);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });
});

describe('countAxis', () => {
  it('names both ends and round numbers between them that are not too near', () => {
    expect(countAxis(1, 54, 3).ticks).toEqual([1, 20, 40, 54]);
    expect(countAxis(0, 41, 4).ticks).toEqual([0, 20, 41]);
    expect(countAxis(1, 12_000, 3).label(12_000)).toBe('12,000');
  });

  it('has one tick for one update and whole ones for two', () => {
    expect(countAxis(7, 7, 5).ticks).toEqual([7]);
    expect(countAxis(1, 2, 5).ticks).toEqual([1, 2]);
  });
});

describe('logAxis', () => {
  it('has round numbers between the ends, more of them where the range is small', () => {
    const labels = (low: number, high: number): string[] => {
      const axis = logAxis(low, high, 4);
      return axis.ticks.map((tick) => axis.label(tick));
    };
    expect(labels(1, 10_000)).toEqual(['1', '10', '100', '1,000', '10,000']);
    expect(labels(100, 200)).toEqual(['100', '150', '200']);
    expect(labels(0.02, 0.02)).toContain('0.02');
    expect(labels(1e9, 1e12)).toEqual(['1e9', '1e10', '1e11', '1e12']);
  });

  it('holds both ends with room beside them', () => {
    const { low, high, ticks } = logAxis(3, 50, 4);
    expect(low).toBeLessThan(Math.log10(3));
    expect(high).toBeGreaterThan(Math.log10(50));
    expect(ticks.every((tick) => tick >= low && tick <= high)).toBe(true);
    expect(logAxis(1e-9, 1e12, 3).ticks.length).toBeLessThanOrEqual(6);
  });
});
