import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateIds } from '../generation/generate-ids.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { logits } from '../nn/token-log-probs.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { fromIndices, memory, noGrad, scope, toFloat32Array } from '../torch/index.js';
import { ggufName } from './gguf-source.js';
import { type LoadedModel, loadModel } from './load-model.js';

const path = process.env.ORPO_SMOLLM2_GGUF ?? '';
const golden = join(resolve(process.env.GOLDEN_DIR ?? '../shared/golden'), 'real/smollm2-135m-instruct.json');

const goldenSchema = z.object({
  tolerance: z.object({ logits_atol: z.number() }),
  tensors: z.record(
    z.string(),
    z.object({ shape: z.array(z.number()), norm: z.number(), samples: z.record(z.string(), z.number()) }),
  ),
  next_token: z.array(
    z.object({
      input_ids: z.array(z.number()),
      logsumexp: z.number(),
      top: z.array(z.tuple([z.number(), z.number()])),
      greedy_ids: z.array(z.number()),
    }),
  ),
});

describe('ggufName', () => {
  it('maps the names of Llama', () => {
    expect(ggufName('model.embed_tokens.weight')).toBe('token_embd.weight');
    expect(ggufName('model.layers.12.self_attn.o_proj.weight')).toBe('blk.12.attn_output.weight');
    expect(ggufName('lm_head.weight')).toBe('output.weight');
    expect(ggufName('model.layers.0.norm.weight')).toBeUndefined();
    expect(ggufName('self_attn.q_proj.weight')).toBeUndefined();
  });
});

describe.skipIf(!existsSync(path) || !existsSync(golden))(
  'SmolLM2-135M-Instruct (ORPO_SMOLLM2_GGUF and GOLDEN_DIR, skipped without)',
  () => {
    let loaded: LoadedModel;
    let expected: z.infer<typeof goldenSchema>;
    let before: { handles: number; bytes: number };
    let seconds: number;

    beforeAll(async () => {
      await ensureEngine({ install: false });
      expected = goldenSchema.parse(JSON.parse(readFileSync(golden, 'utf8')));
      before = memory();
      const begin = performance.now();
      loaded = await loadModel(path);
      seconds = (performance.now() - begin) / 1000;
    });
    afterAll(() => {
      loaded.dispose();
      const after = memory();
      expect([after.handles, after.bytes]).toEqual([before.handles, before.bytes]);
    });

    it('loads in little time', () => {
      expect(seconds).toBeLessThan(6);
    });

    it('dequantises and rearranges every kind of tensor', () => {
      for (const [name, { shape, norm, samples }] of Object.entries(expected.tensors)) {
        const parameter = loaded.model.store.parameters.get(name);
        if (parameter === undefined) throw new Error(`${name} is missing`);
        expect(parameter.shape).toEqual(shape);
        const values = toFloat32Array(parameter.value);
        expect(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))).toBeCloseTo(norm, 3);
        for (const [at, value] of Object.entries(samples)) expect(values[Number(at)]).toBe(value);
      }
    });

    it('scores the next token as the reference does', () => {
      for (const { input_ids: ids, logsumexp, top, greedy_ids: greedy } of expected.next_token) {
        const scores = lastLogits(loaded, ids);
        for (const [id, score] of top)
          expect(Math.abs((scores[id] ?? Number.NaN) - score)).toBeLessThan(expected.tolerance.logits_atol);
        const sum = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
        expect(Math.abs(sum - logsumexp)).toBeLessThan(expected.tolerance.logits_atol);
        expect(scores.indexOf(Math.max(...scores))).toBe(greedy[0]);
      }
    });

    it('says the same with weights in the width of the file', async () => {
      const packed = await loadModel(path, { weights: 'packed' });
      const prompts = expected.next_token.map(({ input_ids: ids }) => Int32Array.from(ids));
      const answers = (model: LoadedModel['model']) =>
        [...generateIds(model, prompts, { endIds: [], maxTokens: 48 })].map(({ row, id }) => `${row} ${id}`);
      expect(answers(packed.model)).toEqual(answers(loaded.model));
      for (const { input_ids: ids } of expected.next_token) {
        const [some, others] = [lastLogits(packed, ids), lastLogits(loaded, ids)];
        expect(Math.max(...some.map((score, i) => Math.abs(score - (others[i] ?? Number.NaN))))).toBeLessThan(0.02);
      }
      packed.dispose();
    });

    it('knows how its responses end', () => {
      const end = loaded.tokenizer.tokenId('<|im_end|>');
      expect(loaded.endIds).toContain(end);
      expect(loaded.bos).toBe(false);
    });
  },
);

/** Logits after the last of the ids, `[V]`. */
function lastLogits({ model }: LoadedModel, ids: readonly number[]): Float32Array {
  return noGrad(() =>
    scope(() => {
      const positions = fromIndices(ids.map((_, i) => i));
      const context = new ForestAttention([{ trunkBegin: 0, trunkLength: ids.length, branches: [] }], positions);
      const last = model.hidden(fromIndices(ids), context).narrow(0, ids.length - 1, 1);
      return toFloat32Array(logits(last, model.head));
    }),
  );
}
