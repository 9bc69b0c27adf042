import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from '../models/causal-lm.js';
import { ModelConfig } from '../models/model-config.js';
import { RandomSource } from '../models/parameter-sources.js';
import { architectureOf } from '../models/registry.js';
import type { AttentionOptions } from '../nn/attention-context.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { ParameterStore } from '../nn/parameter-store.js';
import { logits } from '../nn/token-log-probs.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  type DType,
  fromIndices,
  Generator,
  memory,
  noGrad,
  scope,
  type Tensor,
  toFloat32Array,
  zeros,
} from '../torch/index.js';
import { DecodeContext, prefillContext } from './cached-attention.js';
import { KeyValueCache } from './key-value-cache.js';
import { layPrompts } from './prompt-layout.js';

const SIZES = {
  vocab_size: 50,
  hidden_size: 24,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  head_dim: 4,
  max_position_embeddings: 256,
};

const CONFIGS = {
  'all heads their own keys': { ...SIZES, model_type: 'llama', num_key_value_heads: 6 },
  'heads that share keys': { ...SIZES, model_type: 'llama', num_key_value_heads: 2 },
  'sliding windows': { ...SIZES, model_type: 'mistral', num_key_value_heads: 3, sliding_window: 7 },
  'soft caps and alternating windows': {
    ...SIZES,
    model_type: 'gemma2',
    num_key_value_heads: 2,
    sliding_window: 9,
    query_pre_attn_scalar: 4,
    attn_logit_softcapping: 1.5,
    final_logit_softcapping: 3,
    hidden_activation: 'gelu_pytorch_tanh',
  },
};

function whole(model: CausalLM, ids: readonly number[]): Float32Array {
  return scope(() => {
    const tree = { trunkBegin: 0, trunkLength: ids.length, branches: [] };
    const context = new ForestAttention([tree], fromIndices(ids.map((_, i) => i)));
    return toFloat32Array(logits(model.hidden(fromIndices(ids), context), model.head).narrow(0, ids.length - 1, 1));
  });
}

const token = (row: number, position: number) => (row * 17 + position * position * 3 + 5) % SIZES.vocab_size;
const sequence = (row: number, length: number) => Array.from({ length }, (_, i) => token(row, i));

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const gap = actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
  expect(gap).toBeLessThan(2e-5);
}

describe.each(Object.entries(CONFIGS))('%s', (_, config) => {
  let model: CausalLM;
  beforeAll(async () => {
    await ensureEngine({ install: false });
    const read = new ModelConfig(config, 'test');
    model = architectureOf(read).build(read, new ParameterStore(new RandomSource(1, 0.3)));
  });
  afterAll(() => model.store.dispose());

  it('gives what the whole sequence gives, over grown buffers, rows that leave and rows that join', () => {
    const before = memory();
    const lengths = [61, 3, 20, 30];
    const cache = new KeyValueCache(3);
    const slots = new Map<number, number>();
    const join = (rows: readonly number[]): void => {
      const places = rows.map((row) => cache.admit(lengths[row] ?? 0, 1));
      const prompts = rows.map((row) => Int32Array.from(sequence(row, lengths[row] ?? 0)));
      const layout = layPrompts(prompts);
      noGrad(() =>
        scope(() => {
          const context = prefillContext(cache, layout, places, 'cpu');
          const scores = logits(model.hidden(fromIndices(layout.ids), context), model.head);
          for (const [i, row] of rows.entries()) {
            const last = scores.narrow(0, layout.ends[i] ?? 0, 1);
            expectClose(toFloat32Array(last), whole(model, sequence(row, lengths[row] ?? 0)));
          }
        }),
      );
      for (const [i, row] of rows.entries()) slots.set(row, places[i]?.[0] ?? -1);
    };
    join([0, 1, 2]);
    for (let step = 0; step < 12; step++) {
      if (step === 2) cache.leave(slots.get(1) ?? -1);
      if (step === 2) slots.delete(1);
      if (step === 4) join([3]);
      const rows = [...slots.keys()];
      const at = [...slots.values()];
      noGrad(() =>
        scope(() => {
          cache.reserve(at);
          const held = cache.lengths(at);
          const ids = rows.map((row, i) => token(row, held[i] ?? 0));
          const scores = logits(model.hidden(fromIndices(ids), new DecodeContext(cache, at, 'cpu')), model.head);
          cache.advance(at);
          for (const [i, row] of rows.entries()) {
            expectClose(toFloat32Array(scores.narrow(0, i, 1)), whole(model, sequence(row, (held[i] ?? 0) + 1)));
          }
        }),
      );
    }
    expect(cache.lengths([...slots.values()])).toEqual([73, 32, 38]);
    expect(slots.get(3)).toBe(1);
    cache.dispose();
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('computes a beginning that prompts share once, to the same scores', () => {
    const begin = sequence(0, 20);
    const prompts = [[...begin, 7], [...begin, 8, 9, 10], begin].map((ids) => Int32Array.from(ids));
    const layout = layPrompts(prompts);
    expect(layout.ids).toHaveLength(19 + 2 + 4 + 1);
    const cache = new KeyValueCache(4);
    const slots = prompts.map(({ length }, i) => cache.admit(length, i === 0 ? 2 : 1));
    noGrad(() =>
      scope(() => {
        const hidden = model.hidden(fromIndices(layout.ids), prefillContext(cache, layout, slots, 'cpu'));
        const scores = logits(hidden, model.head);
        for (const [i, end] of layout.ends.entries())
          expectClose(toFloat32Array(scores.narrow(0, end, 1)), whole(model, [...(prompts[i] ?? [])]));
        cache.reserve(slots.flat());
        const next = model.hidden(fromIndices([3, 3, 4, 5]), new DecodeContext(cache, slots.flat(), 'cpu'));
        const after = logits(next, model.head);
        for (const [row, [prompt, id]] of [
          [0, 3],
          [0, 3],
          [1, 4],
          [2, 5],
        ].entries())
          expectClose(
            toFloat32Array(after.narrow(0, row, 1)),
            whole(model, [...(prompts[prompt ?? 0] ?? []), id ?? 0]),
          );
      }),
    );
    cache.dispose();
  });
});

/** Gaps between the fused form of a step and the plain one, in what they return and in what they store. */
function gaps(dtype: DType, options: AttentionOptions): number[] {
  return scope(() => {
    const generator = new Generator(5);
    const normal = (shape: number[]) => zeros(shape, { dtype: 'float32' }).normal_({ generator }).toDtype(dtype);
    const caches = [new KeyValueCache(4), new KeyValueCache(4)];
    const lengths = [70, 1, 33];
    const prompts = lengths.map((length) => [normal([length, 2, 24]), normal([length, 2, 24])] as const);
    const [query, key, value] = [normal([3, 6, 24]), normal([3, 2, 24]), normal([3, 2, 24])];
    const two = (all: Tensor): Tensor => all.narrow(0, 0, 2);
    const [fused, plain] = caches.map((cache, form) => {
      const slots = lengths.map((length) => cache.admit(length, 1));
      for (const [i, [keys, values]] of prompts.entries()) cache.storePrompt(0, slots[i] ?? [], 0, keys, values);
      cache.leave(1);
      const context = new DecodeContext(cache, [2, 0], 'cpu');
      const mixed =
        form === 0
          ? context.attend(0, two(query), two(key), two(value), options)
          : context.plainAttend(0, two(query), two(key), two(value), options);
      const { keys, values } = cache.buffers(0);
      return [mixed.clone(), keys.clone(), values.clone()];
    });
    for (const cache of caches) cache.dispose();
    generator.dispose();
    return (fused ?? []).map((tensor, i) => {
      const other = plain?.[i];
      if (other === undefined) throw new RangeError('no such result');
      return tensor.sub(other).abs().max().item();
    });
  });
}

describe('the fused step and the plain one', () => {
  beforeAll(async () => {
    await ensureEngine({ install: false });
  });

  it.each([
    ['float32', { scale: 0.3 }, 2e-6],
    ['float32', { scale: 0.3, window: 9 }, 2e-6],
    ['float32', { scale: 0.3, softcap: 1.5 }, 2e-6],
    ['bfloat16', { scale: 0.3, window: 40, softcap: 2 }, 0.02],
  ] as const)('agree in %s with %o', (dtype, options, tolerance) => {
    const before = memory();
    const [mixed = Number.NaN, keys, values] = gaps(dtype, options);
    expect(mixed).toBeLessThan(tolerance);
    expect([keys, values]).toEqual([0, 0]);
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('refuses a row without room', () => {
    const cache = new KeyValueCache(1);
    scope(() => {
      const slots = cache.admit(64, 1);
      cache.storePrompt(0, slots, 0, zeros([64, 1, 8], { dtype: 'float32' }), zeros([64, 1, 8], { dtype: 'float32' }));
      const row = zeros([1, 1, 8], { dtype: 'float32' });
      const context = new DecodeContext(cache, slots, 'cpu');
      expect(() => context.attend(0, row, row, row, { scale: 1 })).toThrow('no room for position 64');
    });
    cache.dispose();
  });
});
