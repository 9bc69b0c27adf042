import { expect, it } from 'vitest';
import { stepsBetween } from './forecast.js';
import { rungsOf, stepsAt } from './rungs.js';

it('without halving all cells go to their end', () => {
  const [rung, ...more] = rungsOf({ halving: undefined });
  expect(more).toEqual([]);
  expect(rung?.left(9)).toBe(9);
  expect(rung && stepsAt(rung, 7)).toBe(7);
});

it('each rung has eta times the updates of the one before, and so many times fewer settings', () => {
  const rungs = rungsOf({ halving: { eta: 3, rungs: 3 } });
  expect(rungs.map((rung) => stepsAt(rung, 90))).toEqual([10, 30, 90]);
  expect(rungs.map(({ left }) => left(9))).toEqual([9, 3, 1]);
  // one is left at least, and rounding favours none
  expect(rungs.map(({ left }) => left(4))).toEqual([4, 2, 1]);
  expect(rungs.map(({ left }) => left(1))).toEqual([1, 1, 1]);
});

it('rungs of any budget that suffices rise, and end with the budget', () => {
  for (const [eta, count] of [
    [2, 3],
    [3, 3],
    [10, 2],
  ] as const) {
    const rungs = rungsOf({ halving: { eta, rungs: count } });
    for (let steps = eta ** (count - 1); steps < 120; steps++) {
      const between = rungs.map((_, at) => stepsBetween(rungs, at, steps));
      expect(Math.min(...between)).toBeGreaterThan(0);
      expect(between.reduce((a, b) => a + b, 0)).toBe(steps);
    }
  }
});
