import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanPairwiseCosine } from './pairwise-cosine.js';

/** Cosine by cosine, pair by pair. */
function direct(vectors: readonly (readonly number[])[]): number {
  const cosines: number[] = [];
  vectors.forEach((a, i) => {
    for (const b of vectors.slice(i + 1)) {
      const dot = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
      cosines.push(dot / (Math.hypot(...a) * Math.hypot(...b)));
    }
  });
  return cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
}

describe('meanPairwiseCosine', () => {
  it('equals numbers worked out by hand', () => {
    expect(
      meanPairwiseCosine([
        [1, 0],
        [0, 2],
      ]),
    ).toEqual({ value: 0, n: 2 });
    expect(
      meanPairwiseCosine([
        [3, 0],
        [-1, 0],
      ]).value,
    ).toBeCloseTo(-1, 14);
    // 45° twice and 90° once
    expect(
      meanPairwiseCosine([
        [1, 0],
        [1, 1],
        [0, 1],
      ]).value,
    ).toBeCloseTo(Math.SQRT2 / 3, 14);
  });

  it('is 1 for answers that are all the same, not the 1/4 of the equation as printed', () => {
    for (const n of [2, 5, 160]) {
      const same = Array.from({ length: n }, () => Float32Array.of(0.3, -0.2, 0.7));
      expect(meanPairwiseCosine(same).value).toBeCloseTo(1, 12);
    }
  });

  it('equals the mean over all pairs', () => {
    const number = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 100);
    const vector = fc
      .array(number, { minLength: 4, maxLength: 4 })
      .filter((values) => values.some((value) => value !== 0));
    fc.assert(
      fc.property(fc.array(vector, { minLength: 2, maxLength: 12 }), (vectors) => {
        expect(meanPairwiseCosine(vectors).value).toBeCloseTo(direct(vectors), 10);
      }),
    );
  });

  it('leaves out vectors without a direction, and says how many it compared', () => {
    const vectors = [[1, 0], undefined, [0, 0], [1, 1]];
    const { value, n } = meanPairwiseCosine(vectors);
    expect(n).toBe(2);
    expect(value).toBeCloseTo(Math.SQRT1_2, 14);
    expect(meanPairwiseCosine([[1, 2], undefined])).toEqual({ value: undefined, n: 1 });
    expect(meanPairwiseCosine([])).toEqual({ value: undefined, n: 0 });
  });

  it('refuses what cannot be compared', () => {
    expect(() =>
      meanPairwiseCosine([
        [1, 0],
        [1, 0, 0],
      ]),
    ).toThrow(/Vectors of 2 and of 3 numbers/);
    expect(() =>
      meanPairwiseCosine([
        [1, 0],
        [Number.NaN, 0],
      ]),
    ).toThrow(/not finite/);
  });
});
