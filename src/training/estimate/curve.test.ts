import { expect, it } from 'vitest';
import { curveThrough, extrapolated, lineThrough } from './curve.js';

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

it('fits a line to points that do not lie on one, and a proportion where the line would begin below zero', () => {
  const exact = lineThrough([1, 2, 7].map((x) => ({ x, y: 3 + 2 * x })));
  for (const x of [0, 1, 5, 10]) expect(exact(x)).toBeCloseTo(3 + 2 * x, 9);
  const noisy = lineThrough([1, 2, 3, 4].map((x) => ({ x, y: (3 + 2 * x) * (x % 2 === 0 ? 1.05 : 0.95) })));
  expect(Math.abs(noisy(2.5) - 8)).toBeLessThan(0.4);
  expect(
    lineThrough([
      { x: 2, y: 1 },
      { x: 4, y: 4 },
    ])(0),
  ).toBe(0);
  expect(
    lineThrough([
      { x: 2, y: 6 },
      { x: 2, y: 6 },
    ])(3),
  ).toBeCloseTo(9, 9);
  expect(lineThrough([])(3)).toBe(0);
});

it('goes on from two depths to all layers, and leaves a model measured whole as it is', () => {
  expect(extrapolated({ x: 2, y: 10 }, { x: 5, y: 16 }, 30)).toBe(66);
  expect(extrapolated({ x: 6, y: 7 }, { x: 6, y: 7 }, 6)).toBe(7);
});
