import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { memory, threads } from '../../src/torch/index.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { fingerprint, inTemporaryFolder, smallConfig } from '../faults/small-run.js';
import { stories } from '../faults/stories.js';

const own = threads();
afterEach(() => void threads(own));

describe.each([
  { what: 'an adapter', adapter: true, precision: 'fp32', gap: 1e-5 },
  { what: 'an adapter', adapter: true, precision: 'bf16', gap: 1e-2 },
  { what: 'all weights', adapter: false, precision: 'fp32', gap: 1e-5 },
  { what: 'all weights', adapter: false, precision: 'bf16', gap: 1e-2 },
] as const)('a run of $what in $precision', ({ adapter, precision, gap }) => {
  it('comes to the same bits again on as many threads, and to the same losses on more', async () => {
    await inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const losses: number[][] = [];
      for (const count of [1, 2, 3]) {
        const bits = [];
        for (const turn of ['first', 'again']) {
          const name = `${count}-${turn}`;
          const small = smallConfig(folder, name, { model: stories, adapter, maxSteps: 6 });
          // enough rows for every operator to share them out
          const training = { ...small.training, batch: 18, precision, threads: count };
          const own: number[] = [];
          for await (const event of train(parseConfig({ ...small, training })))
            if (event.type === 'step') own.push(event.metrics.loss ?? Number.NaN);
          expect(threads()).toBe(count);
          bits.push(fingerprint(join(folder, name)));
          if (turn === 'first') losses.push(own);
        }
        expect(Object.keys(bits[0] ?? {}).length).toBeGreaterThan(3);
        expect(bits[1]).toEqual(bits[0]);
      }
      const [one = [], ...others] = losses;
      expect(one).toHaveLength(6);
      // libtorch's products in float32 may sum in another order on another number of threads
      for (const other of others)
        other.forEach((loss, step) => {
          expect(Math.abs(loss / (one[step] ?? Number.NaN) - 1)).toBeLessThan(gap);
        });
      expect(memory().handles).toBe(before);
    });
  });
});
