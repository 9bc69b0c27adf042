import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWeights } from '../files/checkpoint-weights.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory, toBytes } from '../torch/index.js';
import { type LoadedModel, type LoadModelOptions, loadModel, readConfig } from './load-model.js';
import { saveModel } from './save-model.js';

const MODELS = join(import.meta.dirname, '../../test/fixtures/golden/models');
const gguf = process.env.ORPO_SMOLLM2_GGUF ?? '';

let folder: string;
beforeAll(async () => {
  await ensureEngine({ install: false });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-save-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function expectSameWeights(a: LoadedModel, b: LoadedModel): void {
  expect([...b.model.store.parameters.keys()]).toEqual([...a.model.store.parameters.keys()]);
  for (const [name, { value }] of a.model.store.parameters) {
    const other = b.model.store.parameters.get(name)?.value;
    if (other === undefined) throw new Error(`${name} is missing`);
    expect(other.dtype).toBe(value.dtype);
    expect(Buffer.compare(toBytes(other), toBytes(value)), name).toBe(0);
  }
}

async function roundTrip(reference: string, options: LoadModelOptions): Promise<void> {
  const before = memory().handles;
  const first = await loadModel(reference, options);
  saveModel(first, folder);
  const second = await loadModel(folder, options);
  expectSameWeights(first, second);
  expect(second.endIds).toEqual(first.endIds);
  expect(second.bos).toBe(first.bos);
  first.dispose();
  second.dispose();
  expect(memory().handles).toBe(before);
}

describe('saveModel', () => {
  it.each(readdirSync(MODELS))('gives %s back bit for bit', async (name) => {
    await roundTrip(join(MODELS, name), { head: name === 'llama-reward' ? 'score' : 'vocabulary' });
    expect([...openWeights(folder).keys()].sort()).toEqual([...openWeights(join(MODELS, name)).keys()].sort());
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(
      readFileSync(join(MODELS, name, 'config.json'), 'utf8'),
    );
  });

  it('writes the dtype of the weights, here and in the config', async () => {
    const original = join(MODELS, 'gemma2');
    await roundTrip(original, { precision: 'bf16' });
    // numbers keep their spelling: transformers takes 3.0 where 3 is refused
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(
      readFileSync(join(original, 'config.json'), 'utf8').replace('"float32"', '"bfloat16"'),
    );
    expect(new Set(Array.from(openWeights(folder).values(), ({ dtype }) => dtype))).toEqual(new Set(['BF16']));
  });

  it('writes another dtype when asked', async () => {
    const loaded = await loadModel(join(MODELS, 'gpt2'));
    saveModel(loaded, folder, { dtype: 'float16' });
    loaded.dispose();
    expect(readConfig(folder).values).toEqual({ ...loaded.config.values, dtype: 'float16' });
    expect(new Set(Array.from(openWeights(folder).values(), ({ dtype }) => dtype))).toEqual(new Set(['F16']));
  });

  it('can write over the folder that the weights are mapped from', async () => {
    await roundTrip(join(MODELS, 'llama'), {});
    const loaded = await loadModel(folder);
    saveModel(loaded, folder);
    const again = await loadModel(folder);
    expectSameWeights(loaded, again);
    loaded.dispose();
    again.dispose();
  });

  it('copies the tokenizer and the template as they are', async () => {
    const loaded = await loadModel(join(MODELS, 'phi3'));
    saveModel(loaded, join(folder, 'made', 'here'));
    loaded.dispose();
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'generation_config.json']) {
      const path = join(folder, 'made', 'here', name);
      expect(existsSync(path)).toBe(true);
      expect(Buffer.compare(readFileSync(path), readFileSync(join(MODELS, 'phi3', name)))).toBe(0);
    }
  });
});

describe.skipIf(!existsSync(gguf))('saveModel of a GGUF file (ORPO_SMOLLM2_GGUF, skipped without)', () => {
  it('writes a folder that holds the same model and tokenizer', async () => {
    await roundTrip(gguf, {});
    const [first, second] = [await loadModel(gguf), await loadModel(folder)];
    const messages = [
      { role: 'user', content: "It's 1234 naïve 日本語 🙂\n\n  <|im_end|>" },
      { role: 'assistant', content: 'Yes.' },
    ];
    const text = first.template?.render(messages, { addGenerationPrompt: true }) ?? '';
    expect(second.template?.render(messages, { addGenerationPrompt: true })).toBe(text);
    const ids = first.tokenizer.encode(text);
    expect(second.tokenizer.encode(text)).toEqual(ids);
    expect(second.tokenizer.decode(ids)).toBe(first.tokenizer.decode(ids));
    expect(second.tokenizer.specialIds()).toEqual(first.tokenizer.specialIds());
    expect([second.tokenizer.bos, second.tokenizer.eos, second.tokenizer.pad]).toEqual([
      first.tokenizer.bos,
      first.tokenizer.eos,
      first.tokenizer.pad,
    ]);
    first.dispose();
    second.dispose();
  });
});
