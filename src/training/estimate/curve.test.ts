import { expect, it } from 'vitest';
import { curveThrough, extrapolated } from './curve.js';

it('draws straight lines through points, the outer ones going on', () => {
  const curve = curveThrough([
    { x: 4, y: 10 },
    { x: 2, y: 6 },
    { x: 8, y: 14 },
  ]);
  expect([1, 2, 3, 4, 6, 8, 12].map(curve)).toEqual([4, 6, 8, 10, 12, 14, 18]);
  expect(curve(-10)).toBe(0);
});

it('takes a single point for a proportion, and no point for nothing', () => {
  expect(curveThrough([{ x: 2, y: 6 }])(3)).toBe(9);
  expect(curveThrough([])(3)).toBe(0);
});

it('goes on from two depths to all layers, and leaves a model measured whole as it is', () => {
  expect(extrapolated({ x: 2, y: 10 }, { x: 5, y: 16 }, 30)).toBe(66);
  expect(extrapolated({ x: 6, y: 7 }, { x: 6, y: 7 }, 6)).toBe(7);
});
