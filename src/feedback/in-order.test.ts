import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { grouped, inOrder, skipping } from './in-order.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives results in the order of the items, with no more under way than allowed', async () => {
  let running = 0;
  let most = 0;
  const results = await collect(
    inOrder(numbers(20), 4, async (item) => {
      most = Math.max(most, ++running);
      await sleep((item * 7) % 5);
      running--;
      return item;
    }),
  );
  expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(4);
});

it('throws an error in its turn, aborts what is under way and waits for it', async () => {
  const aborted: number[] = [];
  const seen: number[] = [];
  const failing = async () => {
    for await (const item of inOrder(numbers(9), 3, async (number, signal) => {
      if (number === 2) throw new Error('two');
      if (number < 2) return number;
      await sleep(60_000, undefined, { signal }).catch(() => aborted.push(number));
      return number;
    }))
      seen.push(item);
  };
  await expect(failing()).rejects.toThrow('two');
  expect(seen).toEqual([0, 1]);
  expect(aborted).toEqual([3, 4]);
});

it('groups and skips', async () => {
  expect(await collect(grouped(numbers(5), 2))).toEqual([[0, 1], [2, 3], [4]]);
  expect(await collect(skipping(numbers(9), 2, 5))).toEqual([2, 3, 4]);
  expect(await collect(skipping(numbers(3), 5, undefined))).toEqual([]);
});
