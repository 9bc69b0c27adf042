import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from '../models/causal-lm.js';
import { ModelConfig } from '../models/model-config.js';
import { RandomSource } from '../models/parameter-sources.js';
import { architectureOf } from '../models/registry.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { ParameterStore } from '../nn/parameter-store.js';
import { logits } from '../nn/token-log-probs.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { fromIndices, memory, noGrad, scope, toFloat32Array } from '../torch/index.js';
import { DecodeContext, prefillContext } from './cached-attention.js';
import { KeyValueCache } from './key-value-cache.js';

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

  it('gives what the whole sequence gives, over grown buffers and rows that leave', () => {
    const before = memory();
    const lengths = [61, 3, 20];
    const cache = new KeyValueCache(lengths);
    let rows = [0, 1, 2];
    noGrad(() =>
      scope(() => {
        const ids = rows.flatMap((row) => sequence(row, lengths[row] ?? 0));
        const hidden = model.hidden(fromIndices(ids), prefillContext(cache, 'cpu'));
        expectClose(toFloat32Array(logits(hidden, model.head).narrow(0, 63, 1)), whole(model, sequence(1, 3)));
      }),
    );
    for (let step = 0; step < 12; step++) {
      if (step === 2) {
        cache.keepRows([0, 2]);
        rows = [0, 2];
      } else if (step === 8) {
        cache.keepRows([1]);
        rows = [2];
      }
      noGrad(() =>
        scope(() => {
          cache.reserve();
          const ids = rows.map((row, i) => token(row, cache.lengths[i] ?? 0));
          const scores = logits(model.hidden(fromIndices(ids), new DecodeContext(cache, 'cpu')), model.head);
          cache.advance();
          for (const [i, row] of rows.entries()) {
            expectClose(toFloat32Array(scores.narrow(0, i, 1)), whole(model, sequence(row, cache.lengths[i] ?? 0)));
          }
        }),
      );
    }
    expect(cache.lengths).toEqual([32]);
    cache.dispose();
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });
});
