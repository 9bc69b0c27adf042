import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachLora } from '../../src/adapters/attach.js';
import { adapterConfig } from '../../src/adapters/config.js';
import type { Tree } from '../../src/data/tree.js';
import { loadModel } from '../../src/models/load-model.js';
import { methods } from '../../src/objectives/registry.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory, resetPeak, toNumbers } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, smallConfig } from '../faults/small-run.js';

const MODELS = fileURLToPath(new URL('../fixtures/golden/models', import.meta.url));
const FAMILIES = readdirSync(MODELS).filter((name) => !name.includes('reward'));

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const ids = (length: number, seed: number): Int32Array =>
  Int32Array.from({ length }, (_, at) => 3 + ((at * 31 + seed * 17) % 50));

const trees: readonly Tree[] = [0, 1, 2].map((row) => ({
  trunk: ids(5 + row, row),
  branches: [{ ids: ids(6, row + 3) }, { ids: ids(4 + row, row + 7) }],
  origin: { file: 'made', row },
}));

interface Outcome {
  readonly metrics: Record<string, number>;
  readonly norm: number;
  readonly gradients: readonly (readonly number[])[];
  readonly peak: number;
}

/** One gradient step, the trees in two micro-batches, with the first `again` layers computed twice. */
async function stepOf(
  name: string,
  precision: 'fp32' | 'bf16',
  adapter: boolean,
  again: (layers: number) => number,
  data = trees,
): Promise<Outcome> {
  const loaded = await loadModel(`${MODELS}/${name}`, { precision: adapter ? precision : 'fp32' });
  const { model } = loaded;
  const lora = adapter ? attachLora(model.store, adapterConfig.parse({ rank: 2, dropout: 0.25 }), 1) : undefined;
  const trained = lora?.parameters ?? [...model.store.parameters.values()];
  for (const parameter of trained) parameter.train(precision === 'bf16' ? 'bfloat16' : 'float32');
  model.recompute.layers = again(model.sizes.layers);
  resetPeak();
  const before = memory().bytes;
  const { metrics, gradientNorm } = gradientStep(model, trained, methods.orpo.bind({ lambda: 0.4 }), data, {
    microTokens: 4096,
    around: (index, body) => (lora === undefined ? body() : lora.withDropout(index + 5, body)),
  });
  const peak = memory().peakBytes - before;
  const gradients = trained.map(({ gradient }) => (gradient === undefined ? [] : toNumbers(gradient)));
  lora?.dispose();
  loaded.dispose();
  return { metrics, norm: gradientNorm, gradients, peak };
}

describe.each(FAMILIES)('recomputed layers of %s', (name) => {
  it.each([
    { precision: 'fp32', adapter: false },
    { precision: 'fp32', adapter: true },
    { precision: 'bf16', adapter: true },
  ] as const)('change no bit of loss and gradients, and leave nothing: %o', async ({ precision, adapter }) => {
    const kept = await stepOf(name, precision, adapter, () => 0);
    const before = memory();
    for (const again of [() => 1, (layers: number) => layers]) {
      const { metrics, norm, gradients } = await stepOf(name, precision, adapter, again);
      expect({ metrics, norm }).toEqual({ metrics: kept.metrics, norm: kept.norm });
      expect(gradients).toEqual(kept.gradients);
    }
    expect(gradients(kept)).toBeGreaterThan(0);
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().handles).toBe(before.handles);
  });
});

function gradients({ gradients: all }: Outcome): number {
  return all.flat().filter((value) => value !== 0).length;
}

it('keep less at once, even of two layers', async () => {
  const long: Tree[] = [
    { trunk: ids(400, 1), branches: [{ ids: ids(8, 2) }, { ids: ids(8, 3) }], origin: { file: 'made', row: 0 } },
  ];
  const kept = await stepOf('llama', 'fp32', true, () => 0, long);
  const again = await stepOf('llama', 'fp32', true, (layers) => layers, long);
  expect(again.metrics).toEqual(kept.metrics);
  expect(again.peak).toBeLessThan(0.95 * kept.peak);
});

describe('training.memory', () => {
  it('is told at the start, and changes nothing that is learnt', async () => {
    await inTemporaryFolder(async (folder) => {
      const last = async (name: string, more: object) => {
        const config = smallConfig(folder, name, { adapter: true, maxSteps: 2 });
        const events = [];
        for await (const event of train({ ...config, training: { ...config.training, ...more } })) events.push(event);
        return events;
      };
      const plain = await last('plain', {});
      const [start] = plain;
      if (start?.type !== 'start') throw new Error('no start');
      expect(start.memory.recompute).toBe(0);
      const tight = await last('tight', { memory: `${((start.memory.expected - 1e4) / 1e9).toFixed(6)}GB` });
      expect(tight[0]).toMatchObject({ memory: { recompute: 1, layers: start.memory.layers } });
      const metrics = (events: typeof plain) =>
        events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
      expect(metrics(tight)).toEqual(metrics(plain));
      await expect(last('none', { memory: '1MB' })).rejects.toThrow('training.memory is 1MB, but a step of');
      await expect(last('odd', { memory: '8 apples' })).rejects.toThrow('must be a size such as 8GB or 512MiB');
    });
  });
});
