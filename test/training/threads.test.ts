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
  { what: 'an adapter', adapter: true, precision: 'fp32' },
  { what: 'an adapter', adapter: true, precision: 'bf16' },
  { what: 'all weights', adapter: false, precision: 'fp32' },
  { what: 'all weights', adapter: false, precision: 'bf16' },
] as const)('a run of $what in $precision', ({ adapter, precision }) => {
  it('comes to the same bits on one thread, on two and on three', async () => {
    await inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const found = [];
      for (const count of [1, 2, 3]) {
        const small = smallConfig(folder, String(count), { model: stories, adapter, maxSteps: 6 });
        // enough rows for every operator to share them out
        const training = { ...small.training, batch: 18, precision, threads: count };
        for await (const _ of train(parseConfig({ ...small, training })));
        expect(threads()).toBe(count);
        found.push(fingerprint(join(folder, String(count))));
      }
      const [one, ...others] = found;
      expect(Object.keys(one ?? {}).length).toBeGreaterThan(3);
      for (const other of others) expect(other).toEqual(one);
      expect(memory().handles).toBe(before);
    });
  });
});
