import { expect, it } from 'vitest';
import { sparkline } from './sparkline.js';

it('spans the lowest to the highest value', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
});

it('shrinks to means of equal stretches', () => {
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
  expect(sparkline([9, 1, 5, 5, 0, 0], 3)).toBe('██▁');
});

it('leaves gaps for what is not finite and draws equal values in the middle', () => {
  expect(sparkline([1, Number.NaN, 2], 3)).toBe('▁ █');
  expect(sparkline([3, 3], 5)).toBe('▄▄');
  expect(sparkline([Number.NaN], 5)).toBe(' ');
  expect(sparkline([], 5)).toBe('');
});
