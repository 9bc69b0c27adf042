import { expect, it } from 'vitest';
import { causalPairs, forestPairs } from './visible-pairs.js';

/** One by one. */
function counted(before: number, length: number, window = Number.POSITIVE_INFINITY): number {
  let pairs = 0;
  for (let query = before; query < before + length; query++)
    for (let key = 0; key <= query; key++) if (query - key < window) pairs++;
  return pairs;
}

it('counts what tokens see behind others, with a window and without', () => {
  for (const before of [0, 1, 5])
    for (const length of [0, 1, 4, 9])
      for (const window of [undefined, 1, 3, 5, 7, 100])
        expect(causalPairs(before, length, window), `${before} ${length} ${window}`).toBe(
          counted(before, length, window),
        );
});

it('counts a trunk once, however many branches see it', () => {
  const trees = [
    { trunkLength: 4, branches: [{ length: 3 }, { length: 0 }, { length: 2 }] },
    { trunkLength: 1, branches: [] },
  ];
  expect(forestPairs(trees)).toBe(10 + (5 + 6 + 7) + (5 + 6) + 1);
  expect(forestPairs(trees, 2)).toBe(7 + 6 + 4 + 1);
});
