import { describe, expect, it } from 'vitest';
import { average, smooth, thinOut } from './curve-points.js';

const points = (values: readonly number[]) => values.map((y, x) => ({ x, y }));

describe('thinOut', () => {
  it('keeps the lowest and the highest of each stretch, in their order', () => {
    expect(thinOut(points([1, 5, 2, 0, 3, 3, 9, 8]), 4)).toEqual([
      { x: 1, y: 5 },
      { x: 3, y: 0 },
      { x: 4, y: 3 },
      { x: 6, y: 9 },
    ]);
  });

  it('leaves few points as they are, and none', () => {
    const few = points([3, Number.NaN]);
    expect(thinOut(few, 2)).toBe(few);
    expect(thinOut([], 2)).toEqual([]);
    expect(average([], 2)).toEqual([]);
    expect(smooth([], 3)).toEqual([]);
  });

  it('keeps one gap of a stretch without values and skips others', () => {
    const thinned = thinOut(points([Number.NaN, Number.NaN, Number.NaN, 4, Number.NaN, 2]), 4);
    expect(thinned.map(({ y }) => y)).toEqual([Number.NaN, 4, 2]);
  });
});

describe('average', () => {
  it('takes means of stretches over what is finite', () => {
    expect(average(points([1, 3, Number.NaN, 5]), 2)).toEqual([
      { x: 0.5, y: 2 },
      { x: 2.5, y: 5 },
    ]);
  });
});

describe('smooth', () => {
  it('takes the mean of neighbours as far as there are any, and leaves a gap a gap', () => {
    expect(smooth(points([0, 3, 6, Number.NaN, 10]), 1).map(({ y }) => y)).toEqual([1.5, 3, 4.5, Number.NaN, 10]);
  });
});
