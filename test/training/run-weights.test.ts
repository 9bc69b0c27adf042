import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scorePairs } from '../../src/scoring/score-pairs.js';
import { memory } from '../../src/torch/index.js';
import type { RunConfig } from '../../src/training/config.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { runFolder } from '../../src/training/run-folder.js';
import { loadRunModel } from '../../src/training/run-weights.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, smallConfig } from '../faults/small-run.js';
import { treesFor } from './example-trees.js';

async function scoresOf(config: RunConfig) {
  const { loaded, dispose } = await loadRunModel(config);
  try {
    const [layer] = loaded.model.store.parameters.values();
    return { scores: scorePairs(loaded.model, treesFor('pair')), dtype: layer?.value.dtype };
  } finally {
    dispose();
  }
}

describe.each([
  { what: 'an adapter', adapter: true, precision: 'fp32', dtype: 'float32' },
  { what: 'an adapter', adapter: true, precision: 'bf16', dtype: 'bfloat16' },
  { what: 'all weights', adapter: false, precision: 'fp32', dtype: 'float32' },
  { what: 'all weights', adapter: false, precision: 'bf16', dtype: 'bfloat16' },
] as const)('the model of a run of $what in $precision', ({ adapter, precision, dtype }) => {
  it('is read in that precision, and is the same where a longer run was paused there', async () => {
    await inTemporaryFolder(async (folder) => {
      const configOf = (name: string, maxSteps: number): RunConfig => {
        const small = smallConfig(folder, name, { adapter, maxSteps });
        return parseConfig({ ...small, training: { ...small.training, precision, schedule: 'constant', warmup: 0 } });
      };
      const [short, long] = [configOf('short', 4), configOf('long', 8)];
      const start = await scoresOf(short);
      for await (const _ of train(short));
      const pause = new AbortController();
      for await (const event of train(long, { signal: pause.signal }))
        if (event.type === 'step' && event.step === 4) pause.abort();
      expect(existsSync(runFolder(long.output).result)).toBe(false);
      const before = memory().handles;
      const [finished, paused] = [await scoresOf(short), await scoresOf(long)];
      expect(memory().handles).toBe(before);
      expect(paused).toEqual(finished);
      expect(finished.dtype).toBe(dtype);
      expect(finished.scores).not.toEqual(start.scores);
    });
  });
});
