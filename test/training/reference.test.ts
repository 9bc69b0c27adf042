import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { RunConfigInput } from '../../src/training/config.js';
import type { TrainEvent } from '../../src/training/events.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, smallConfig } from '../faults/small-run.js';
import { withOwnCache } from './own-cache.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const inOwnFolder = (body: (folder: string, references: string) => Promise<void>) =>
  inTemporaryFolder((folder) => withOwnCache(folder, (references) => body(folder, references)));

type Kind = Pick<RunConfigInput, 'reference'> & { readonly method: 'dpo' | 'kto' | 'orpo'; readonly adapter: boolean };

async function run(folder: string, name: string, { method, reference, adapter }: Kind): Promise<TrainEvent[]> {
  const small = smallConfig(folder, name, { adapter, accumulate: true, maxSteps: 6 });
  const events: TrainEvent[] = [];
  const config = parseConfig({ ...small, method, objective: {}, reference });
  for await (const event of train(config)) events.push(event);
  return events;
}

/** Every number of every update and evaluation. */
const numbers = (events: readonly TrainEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'step' || event.type === 'eval' ? Object.values(event.metrics) : []));

describe('all strategies give the same losses and metrics to 1e-5', () => {
  it.each(['dpo', 'kto'] as const)('%s', (method) =>
    inOwnFolder(async (folder) => {
      for (const adapter of [true, false]) {
        const exact = numbers(await run(folder, `${adapter} copy`, { method, adapter, reference: 'copy' }));
        expect(exact.length).toBeGreaterThan(40);
        for (const reference of adapter ? (['adapter', 'cached'] as const) : (['cached'] as const)) {
          const ours = numbers(await run(folder, `${adapter} ${reference}`, { method, adapter, reference }));
          expect(ours).toHaveLength(exact.length);
          ours.forEach((value, at) => {
            expect(Math.abs(value - (exact[at] ?? Number.NaN))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
          });
        }
      }
    }),
  );
});

describe('the strategy', () => {
  it('is chosen by itself and told in the start event', () =>
    inOwnFolder(async (folder) => {
      const auto = { method: 'dpo', reference: undefined } as const;
      expect((await run(folder, 'lora', { ...auto, adapter: true }))[0]).toMatchObject({ reference: 'adapter' });
      expect((await run(folder, 'full', { ...auto, adapter: false }))[0]).toMatchObject({ reference: 'cached' });
      const [start] = await run(folder, 'orpo', { method: 'orpo', reference: undefined, adapter: false });
      expect(start).not.toHaveProperty('reference');
    }));

  it('is refused where it cannot be, before anything is loaded', () =>
    inOwnFolder(async (folder) => {
      const before = memory().handles;
      await expect(run(folder, 'a', { method: 'orpo', reference: 'copy', adapter: false })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringMatching(/orpo compares with no reference/),
      });
      await expect(run(folder, 'b', { method: 'dpo', reference: 'adapter', adapter: false })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringMatching(/all weights are trained/),
      });
      expect(memory().handles).toBe(before);
    }));
});

it.each(['kto', 'aot'] as const)('%s is refused with one example an update: it compares them', (method) =>
  inTemporaryFolder(async (folder) => {
    const small = smallConfig(folder, 'run');
    const config = parseConfig({ ...small, method, objective: {}, training: { batch: 1 } });
    await expect(train(config).next()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/training\.batch is 1/),
    });
  }),
);

it('a cached reference is computed once, and anew when its files are not what was written', () =>
  inOwnFolder(async (folder, cache) => {
    const kind = { method: 'dpo', reference: 'cached', adapter: false } as const;
    const exact = numbers(await run(folder, 'first', kind));
    const [entry = ''] = readdirSync(cache);
    const file = join(cache, entry, 'log-probs.safetensors');
    const written = statSync(file).mtimeMs;
    expect(numbers(await run(folder, 'second', kind))).toEqual(exact);
    expect(readdirSync(cache)).toEqual([entry]);
    expect(statSync(file).mtimeMs).toBe(written);
    writeFileSync(file, 'damaged');
    expect(numbers(await run(folder, 'third', kind))).toEqual(exact);
    expect(statSync(file).size).toBeGreaterThan(100);
  }));
