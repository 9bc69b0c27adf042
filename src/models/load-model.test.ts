import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWeights } from '../files/checkpoint-weights.js';
import { writeSafetensors } from '../files/safetensors.js';
import type { StoredTensor } from '../files/weights.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { randomModel } from './initialise-model.js';
import { loadModel, readConfig } from './load-model.js';

const MODELS = join(import.meta.dirname, '../../test/fixtures/golden/models');

let folder: string;
beforeAll(async () => {
  await ensureEngine({ install: false });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-load-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a fixture with its config and tensors changed. */
function changed(
  name: string,
  config: Record<string, unknown>,
  rename: (tensor: string) => string | readonly string[] = (tensor) => tensor,
): string {
  cpSync(join(MODELS, name), folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...readConfig(folder).values, ...config }));
  const tensors = [...openWeights(join(MODELS, name)).values()].flatMap((tensor) =>
    [rename(tensor.name)].flat().map((as) => ({ ...tensor, name: as, bytes: () => readBytes(tensor) })),
  );
  writeSafetensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

const readBytes = ({ file, offset, length }: StoredTensor) => readFileSync(file).subarray(offset, offset + length);

async function expectFailure(reference: string, code: string, message: RegExp): Promise<void> {
  const before = memory();
  const attempt = loadModel(reference);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toMatchObject({ code });
  const after = memory();
  expect([after.handles, after.bytes]).toEqual([before.handles, before.bytes]);
}

describe('loadModel', () => {
  it('tells what belongs to the model', async () => {
    const loaded = await loadModel(join(MODELS, 'llama'));
    expect(loaded.model.sizes).toEqual({
      vocabulary: 320,
      hidden: 24,
      layers: 2,
      heads: 3,
      keyValueHeads: 1,
      headSize: 8,
      positions: 48,
      learnedPositions: false,
    });
    expect(loaded.endIds).toContain(loaded.tokenizer.eos);
    expect(loaded.path).toBe(join(MODELS, 'llama'));
    expect(loaded.template?.render([{ role: 'user', content: 'Hello' }], { addGenerationPrompt: true })).toContain(
      'Hello',
    );
    loaded.dispose();
  });

  it.each([
    ['gpt2', 'transformer.'],
    ['opt', 'model.'],
    ['llama-tied-rope-scaled', 'model.'],
  ])('reads %s without its prefix', async (name, prefix) => {
    const reference = changed(name, {}, (tensor) => tensor.replace(prefix, ''));
    const loaded = await loadModel(reference);
    expect([...loaded.model.store.parameters.keys()].every((key) => key.startsWith(prefix))).toBe(true);
    loaded.dispose();
  });

  it('passes over the head of a tied model and buffers of old exporters', async () => {
    const reference = changed('gpt2', {}, (tensor) => {
      if (tensor === 'transformer.wte.weight') return [tensor, 'lm_head.weight'];
      if (tensor === 'transformer.h.0.ln_1.bias') return [tensor, 'transformer.h.0.attn.masked_bias'];
      return tensor;
    });
    (await loadModel(reference)).dispose();
  });

  it('refuses tensors that the model does not use', async () => {
    const reference = changed('qwen2', { model_type: 'llama' });
    await expectFailure(reference, 'model', /6 tensors that a "llama" model does not use: .*q_proj\.bias/);
  });

  it('refuses a tensor that is missing or of another shape', async () => {
    await expectFailure(changed('llama', { num_hidden_layers: 3 }), 'model', /no tensor "model\.layers\.2\./);
    await expectFailure(changed('llama', { intermediate_size: 41 }), 'model', /shape \[40, 24\].*asks for \[41, 24\]/);
  });

  it('refuses a tokenizer larger than the vocabulary', async () => {
    await expectFailure(changed('llama', { vocab_size: 300 }), 'tokenizer', /ids up to \d+, .* vocabulary has 300/);
  });

  it.each([
    [{ model_type: 'lama' }, /model_type "lama" is not known; did you mean "llama"/],
    [{ hidden_size: '24' }, /"hidden_size" is "24", a whole number from 1 on was expected/],
    [{ num_hidden_layers: 0 }, /"num_hidden_layers" is 0, a whole number from 1 to 10000 was expected/],
    [{ num_hidden_layers: 1e9 }, /"num_hidden_layers" is 1000000000/],
    [{ num_hidden_layers: 1.5 }, /"num_hidden_layers" is 1\.5/],
    [{ head_dim: 1e9 }, /"head_dim" is 1000000000, a whole number from 1 to 65536/],
    [{ head_dim: null, num_attention_heads: 5 }, /"num_attention_heads" is 5, a divisor of "hidden_size" 24/],
    [{ num_attention_heads: 3, num_key_value_heads: 2 }, /"num_key_value_heads" is 2, a divisor of 3 heads/],
    [{ rms_norm_eps: -1 }, /"rms_norm_eps" is -1, a number from 0 on/],
    [{ pad_token_id: 1000 }, /"pad_token_id" is 1000, a row of the vocabulary of 320/],
    [{ rope_parameters: { rope_theta: 0 } }, /"rope_theta" is 0, a number above 0/],
    [{ rope_parameters: 7 }, /"rope_parameters" is 7, an object/],
    [{ partial_rotary_factor: 1e6 }, /turn 8000000 of the 8 dimensions of a head/],
    [{ partial_rotary_factor: 0.4 }, /turn 3 of the 8 dimensions/],
    [{ rope_parameters: { rope_type: 'yarn', rope_theta: 1e4, factor: 2 } }, /rotary scaling "yarn"/],
  ])('refuses the config %j', async (config, message) => {
    await expectFailure(changed('llama', config), 'model', message);
  });

  it('refuses special tokens outside the vocabulary', async () => {
    const reference = changed('llama', {});
    writeFileSync(join(reference, 'tokenizer_config.json'), '{}');
    writeFileSync(join(reference, 'generation_config.json'), '{"eos_token_id": 999}');
    await expectFailure(reference, 'tokenizer', /eos token of .* has the id 999, the model's vocabulary has 320/);
  });

  it('says when there is no config', async () => {
    cpSync(join(MODELS, 'llama'), folder, { recursive: true });
    rmSync(join(folder, 'config.json'));
    await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model' });
  });
});

describe('randomModel', () => {
  const weights = (seed: number) => {
    const model = randomModel(readConfig(join(MODELS, 'qwen2')), seed);
    const values = Array.from(model.store.parameters.values(), ({ value }) => value.sum().item());
    const first = model.store.parameters.get('model.embed_tokens.weight');
    const spread = first === undefined ? 0 : first.value.norm({ ord: 2 }).item() / Math.sqrt(first.count);
    model.store.dispose();
    return { values, spread };
  };

  it('depends on the seed alone', () => {
    expect(weights(7).values).toEqual(weights(7).values);
    expect(weights(7).values).not.toEqual(weights(8).values);
    expect(weights(7).spread).toBeGreaterThan(0.019);
    expect(weights(7).spread).toBeLessThan(0.021);
  });

  it('frees all it made', () => {
    const before = memory();
    const model = randomModel(readConfig(join(MODELS, 'gpt-neox')), 1);
    expect(memory().handles).toBeGreaterThan(before.handles);
    model.store.dispose();
    expect([memory().handles, memory().bytes]).toEqual([before.handles, before.bytes]);
  });
});
