import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSafetensors } from '../files/safetensors.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { logits } from '../nn/token-log-probs.js';
import type { TreeLayout } from '../nn/tree-layout.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { fromIndices, MappedFile, memory, noGrad, scope, toFloat32Array } from '../torch/index.js';
import type { CausalLM } from './causal-lm.js';
import { loadModel } from './load-model.js';

const MODELS = join(import.meta.dirname, '../../test/fixtures/golden/models');

const expectedSchema = z.object({
  input_ids: z.array(z.array(z.number())),
  greedy_12: z.array(z.array(z.number())),
  tolerance: z.object({ logits_atol: z.number() }),
});

const upTo = (length: number) => Array.from({ length }, (_, i) => i);

/** `[N, V]` logits of a row of trees. */
function forward(model: CausalLM, ids: readonly number[], trees: readonly TreeLayout[], positions: readonly number[]) {
  return noGrad(() =>
    scope(() => {
      const context = new ForestAttention(trees, fromIndices(positions));
      return toFloat32Array(logits(model.hidden(fromIndices(ids), context), model.head));
    }),
  );
}

const alone = (model: CausalLM, ids: readonly number[]) =>
  forward(model, ids, [{ trunkBegin: 0, trunkLength: ids.length, branches: [] }], upTo(ids.length));

function greedy(model: CausalLM, prompt: readonly number[], count: number): number[] {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const last = alone(model, ids).slice(-model.sizes.vocabulary);
    ids.push(last.indexOf(Math.max(...last)));
  }
  return ids.slice(prompt.length);
}

function largestGap(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

function readFloats(path: string, name: string): Float32Array {
  const stored = readSafetensors(path).tensors.get(name);
  if (stored === undefined) throw new Error(`${path} lacks ${name}`);
  return scope(() => {
    const file = new MappedFile(path);
    const values = toFloat32Array(file.tensor(stored.offset, stored.shape, 'float32'));
    file.dispose();
    return values;
  });
}

// a reference and a reward model are there for the methods
const withExpectations = readdirSync(MODELS).filter((name) => existsSync(join(MODELS, name, 'expected.json')));

describe.each(withExpectations)('%s', (name) => {
  const folder = join(MODELS, name);
  const expected = expectedSchema.parse(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')));

  beforeAll(async () => {
    await ensureEngine({ install: false });
  });

  it('gives the logits and greedy tokens of the reference, and frees all it used', async () => {
    const before = memory();
    const loaded = await loadModel(folder);
    try {
      expected.input_ids.forEach((ids, row) => {
        const wanted = readFloats(join(folder, 'expected.safetensors'), `logits_${row}`);
        expect(largestGap(alone(loaded.model, ids), wanted)).toBeLessThan(expected.tolerance.logits_atol);
        expect(greedy(loaded.model, ids, 12)).toEqual(expected.greedy_12[row]);
      });
    } finally {
      loaded.dispose();
    }
    const after = memory();
    expect({ handles: after.handles, bytes: after.bytes }).toEqual({ handles: before.handles, bytes: before.bytes });
  });

  it('computes a forest as it computes each sequence alone', async () => {
    const loaded = await loadModel(folder);
    try {
      const [first = [], second = []] = expected.input_ids;
      const [trunk, left, right] = [first.slice(0, 8), first.slice(8, 15), second.slice(0, 5)];
      const trees = [
        {
          trunkBegin: 0,
          trunkLength: 8,
          branches: [
            { begin: 8, length: 7 },
            { begin: 15, length: 5 },
          ],
        },
        { trunkBegin: 20, trunkLength: second.length, branches: [] },
      ];
      const positions = [...upTo(15), ...upTo(5).map((i) => i + 8), ...upTo(second.length)];
      const all = forward(loaded.model, [...trunk, ...left, ...right, ...second], trees, positions);
      const width = loaded.model.sizes.vocabulary;
      const rows = (from: number, to: number) => all.slice(from * width, to * width);
      const withRight = alone(loaded.model, [...trunk, ...right]);
      expect(largestGap(rows(0, 15), alone(loaded.model, first))).toBeLessThan(1e-5);
      expect(largestGap(rows(15, 20), withRight.slice(8 * width))).toBeLessThan(1e-5);
      expect(largestGap(rows(20, 20 + second.length), alone(loaded.model, second))).toBeLessThan(1e-5);
    } finally {
      loaded.dispose();
    }
  });

  it('runs in bfloat16 near its float32 self', async () => {
    const [ids = []] = expected.input_ids;
    const exact = await loadModel(folder);
    const wanted = alone(exact.model, ids);
    exact.dispose();
    const loaded = await loadModel(folder, { precision: 'bf16' });
    expect([...loaded.model.store.parameters.values()].every(({ value }) => value.dtype === 'bfloat16')).toBe(true);
    const got = alone(loaded.model, ids);
    loaded.dispose();
    const spread = Math.sqrt(wanted.reduce((sum, value) => sum + value * value, 0) / wanted.length);
    expect(largestGap(got, wanted)).toBeLessThan(0.2 * spread + 0.02);
  });
});
