import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { memory, threads } from '../../src/torch/index.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { fingerprint, inTemporaryFolder, smallConfig } from '../faults/small-run.js';
import { stories } from '../faults/stories.js';

const own = threads();
afterEach(() => void threads(own));

/** Of losses on three threads, relative: libtorch's products in float32 may sum in another order there. */
const GAP = 1e-6;

describe.each([
  { what: 'an adapter', adapter: true, precision: 'fp32' },
  { what: 'an adapter', adapter: true, precision: 'bf16' },
  { what: 'all weights', adapter: false, precision: 'fp32' },
  { what: 'all weights', adapter: false, precision: 'bf16' },
] as const)('a run of $what in $precision', ({ adapter, precision }) => {
  it('comes to the same bits again, on one thread and on two alike, and to the same losses on three', async () => {
    await inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const bits = new Map<string, ReturnType<typeof fingerprint>>();
      const losses = new Map<string, number[]>();
      for (const count of [1, 2, 3])
        for (const turn of ['first', 'again']) {
          const name = `${count}, ${turn}`;
          const small = smallConfig(folder, name, { model: stories, adapter, maxSteps: 6 });
          // enough rows for every operator to share them out
          const training = { ...small.training, batch: 18, precision, threads: count };
          const own: number[] = [];
          for await (const event of train(parseConfig({ ...small, training })))
            if (event.type === 'step') own.push(event.metrics.loss ?? Number.NaN);
          expect(threads()).toBe(count);
          bits.set(name, fingerprint(join(folder, name)));
          losses.set(name, own);
        }
      const one = bits.get('1, first') ?? {};
      expect(Object.keys(one).length).toBeGreaterThan(3);
      for (const name of ['1, again', '2, first', '2, again']) expect(bits.get(name)).toEqual(one);
      expect(bits.get('3, again')).toEqual(bits.get('3, first'));
      const alone = losses.get('1, first') ?? [];
      expect(alone).toHaveLength(6);
      const more = losses.get('3, first') ?? [];
      for (const [step, loss] of alone.entries())
        expect(Math.abs((more[step] ?? Number.NaN) / loss - 1)).toBeLessThan(GAP);
      expect(memory().handles).toBe(before);
    });
  });
});
