import { expect, it } from 'vitest';
import { boundedGroups } from './bounded-groups.js';

it('keeps the order, fills a group up to its limit, and leaves what is larger alone', () => {
  const groups = (...sizes: number[]) => boundedGroups(sizes, (size) => size, 10);
  expect(groups(4, 6, 1, 9, 25, 3)).toEqual([[4, 6], [1, 9], [25], [3]]);
  expect(groups(25, 25)).toEqual([[25], [25]]);
  expect(groups()).toEqual([]);
});
