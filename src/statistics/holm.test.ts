import { expect, test } from 'vitest';
import { holm } from './holm.js';

test('the steps of Holm by hand: 5 x .005, 4 x .01, 3 x .03, and 2 x .04 raised to the step before', () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.5]);
  for (const [at, value] of [0.04, 0.09, 0.09, 0.025, 0.5].entries()) expect(adjusted[at]).toBeCloseTo(value, 12);
});

test('one test is left as it is, none gives none, no p passes 1, and what is no test takes no part', () => {
  expect(holm([0.03])).toEqual([0.03]);
  expect(holm([])).toEqual([]);
  expect(holm([0.6, 0.7])).toEqual([1, 1]);
  expect(holm([Number.NaN, 0.01])).toEqual([Number.NaN, 0.01]);
});
