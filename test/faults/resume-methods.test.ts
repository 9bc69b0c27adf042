import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { RunConfigInput } from '../../src/training/config.js';
import { resume } from '../../src/training/resume.js';
import { train } from '../../src/training/train.js';
import { withOwnCache } from '../training/own-cache.js';
import { atSteps, drain } from './drain.js';
import { fingerprint, inTemporaryFolder, smallConfig } from './small-run.js';

/** What makes methods differ for the trainer: data, reference, the whole step at once, something remembered. */
const kinds = [
  { method: 'sft' },
  { method: 'dpo', reference: 'copy' },
  { method: 'dpo', reference: 'cached' },
  { method: 'aot' },
  { method: 'kto' },
  { method: 'bco' },
  { method: 'odds-kto' },
  { method: 'aot_unpaired' },
  { method: 'rrhf' },
  { method: 'mpo' },
] as const;

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe.each([{ adapter: false }, { adapter: true }])('an interrupted run, adapter: $adapter', ({ adapter }) => {
  it.each(kinds)('$method, reference $reference: comes out the same, bit for bit', (kind) =>
    inTemporaryFolder((folder) =>
      withOwnCache(folder, async (references) => {
        const small = smallConfig(folder, 'whole', { adapter, accumulate: true, maxSteps: 8 });
        const config = { ...small, ...kind, objective: {} } satisfies RunConfigInput;
        const before = memory().handles;
        await drain(train(config));
        const controller = new AbortController();
        const output = join(folder, 'stopped');
        const first = await drain(
          train({ ...config, output }, { signal: controller.signal }),
          atSteps((step) => {
            if (step === 5) controller.abort();
          }),
        );
        expect(first.at(-1)).toMatchObject({ type: 'interrupted', step: 5 });
        // log-probs computed once may be lost meanwhile
        rmSync(references, { recursive: true, force: true });
        const second = await drain(resume(output));
        expect(second[0]).toMatchObject({ type: 'start', from: 5 });
        const expected = fingerprint(join(folder, 'whole'));
        const ours = fingerprint(output);
        for (const key of Object.keys(expected))
          if (!key.startsWith('checkpoints')) expect(ours[key], key).toBe(expected[key]);
        expect(memory().handles).toBe(before);
      }),
    ),
  );
});
