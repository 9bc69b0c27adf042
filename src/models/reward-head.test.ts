import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachLora } from '../adapters/attach.js';
import { adapterConfig } from '../adapters/config.js';
import { loadAdapter, saveAdapter } from '../adapters/peft-folder.js';
import type { Tree } from '../data/tree.js';
import { readSafetensors } from '../files/safetensors.js';
import { scoreRewards } from '../scoring/score-rewards.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory, noGrad, scope, toNumbers } from '../torch/index.js';
import type { CausalLM } from './causal-lm.js';
import { loadModel } from './load-model.js';
import { saveModel } from './save-model.js';

const fixtures = fileURLToPath(new URL('../../test/fixtures/golden/models', import.meta.url));
const names = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'model.safetensors')));
const writers = names.filter((name) => name !== 'llama-reward');

let folder = '';
beforeAll(async () => {
  await ensureEngine({ install: false });
  folder = mkdtempSync(join(tmpdir(), 'orpo-reward-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What transformers calls the sequence classifier of each kind of model. */
const CLASSES: Readonly<Record<string, string>> = {
  gemma2: 'Gemma2ForSequenceClassification',
  gemma3_text: 'Gemma3TextForSequenceClassification',
  gpt2: 'GPT2ForSequenceClassification',
  gpt_neox: 'GPTNeoXForSequenceClassification',
  llama: 'LlamaForSequenceClassification',
  mistral: 'MistralForSequenceClassification',
  opt: 'OPTForSequenceClassification',
  phi: 'PhiForSequenceClassification',
  phi3: 'Phi3ForSequenceClassification',
  qwen2: 'Qwen2ForSequenceClassification',
  qwen3: 'Qwen3ForSequenceClassification',
};

const trees: readonly Tree[] = [0, 1, 2].map((row) => ({
  trunk: Int32Array.of(5 + row, 9, 40, 3),
  branches: [{ ids: Int32Array.of(21, 7 + row, 33) }, { ids: Int32Array.of(50, 60) }],
  origin: { file: 'made', row },
}));

const weightsOf = ({ store }: CausalLM): Map<string, number[]> =>
  scope(() => noGrad(() => new Map([...store.parameters].map(([name, { value }]) => [name, toNumbers(value)]))));

function expectClose(ours: readonly (readonly number[])[], exact: readonly (readonly number[])[]): void {
  ours.flat().forEach((reward, at) => {
    expect(reward).toBeCloseTo(exact.flat()[at] ?? Number.NaN, 5);
  });
  expect(ours.flat()).toHaveLength(exact.flat().length);
}

describe('a reward model', () => {
  it.each(writers)('made of %s is saved as transformers has it, and loads again bit for bit', async (name) => {
    const before = memory().handles;
    const saved = join(folder, name);
    const made = await loadModel(join(fixtures, name), { head: 'score', freshScore: { seed: 3 } });
    const rewards = scoreRewards(made.model, trees);
    const weights = weightsOf(made.model);
    saveModel(made, saved);
    made.dispose();
    const again = await loadModel(saved, { head: 'score' });
    expect(weightsOf(again.model)).toEqual(weights);
    // where the weights lie in memory may decide the last digit
    expectClose(scoreRewards(again.model, trees), rewards);
    again.dispose();
    const config = JSON.parse(readFileSync(join(saved, 'config.json'), 'utf8'));
    expect(config.architectures).toEqual([CLASSES[config.model_type]]);
    expect(config).toMatchObject({ id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } });
    const { tensors } = readSafetensors(join(saved, 'model.safetensors'));
    expect([...tensors.keys()].filter((key) => /lm_head|embed_out/.test(key))).toEqual([]);
    expect(tensors.get('score.weight')?.shape[0]).toBe(1);
    expect(new Set(rewards.flat()).size).toBe(6);
    expect(memory().handles).toBe(before);
  });

  it('has the head that its seed draws, about 1 / √(D + 1) wide', async () => {
    const draws: number[][] = [];
    for (const seed of [1, 1, 2]) {
      const { model, dispose } = await loadModel(join(fixtures, 'llama'), { head: 'score', freshScore: { seed } });
      draws.push(scope(() => noGrad(() => toNumbers(model.score?.value ?? model.head.weight.value))));
      dispose();
    }
    expect(draws[0]).toEqual(draws[1]);
    expect(draws[0]).not.toEqual(draws[2]);
    const all = draws.flat();
    const deviation = Math.sqrt(all.reduce((sum, value) => sum + value ** 2, 0) / all.length);
    expect(deviation * Math.sqrt(25)).toBeGreaterThan(0.7);
    expect(deviation * Math.sqrt(25)).toBeLessThan(1.3);
  });

  it('leaves padding unnamed where responses end with the pad token, and only there', async () => {
    for (const name of writers) {
      const { config, endIds, dispose } = await loadModel(join(fixtures, name), {
        head: 'score',
        freshScore: { seed: 1 },
      });
      const pad = JSON.parse(readFileSync(join(fixtures, name, 'config.json'), 'utf8')).pad_token_id;
      expect(config.optionalNumber('pad_token_id'), name).toBe(endIds.includes(pad) ? undefined : (pad ?? undefined));
      dispose();
    }
  });
});

describe('the adapter of a reward model', () => {
  it.each(['llama', 'gpt2', 'opt', 'gemma3', 'gpt-neox'])(
    'on %s is saved with its head and loads again bit for bit',
    async (name) => {
      const before = memory().handles;
      const base = join(fixtures, name);
      const saved = join(folder, `${name}-adapter`);
      const settings = adapterConfig.parse({ rank: 2 });
      const made = await loadModel(base, { head: 'score', freshScore: { seed: 3 } });
      const plain = scoreRewards(made.model, trees);
      const lora = attachLora(made.model.store, settings, 7);
      // a fresh adapter changes nothing; one with weights does
      for (const { up } of lora.adapters) noGrad(() => up.train('float32'));
      expect(scoreRewards(made.model, trees)).toEqual(plain);
      for (const { up } of lora.adapters) scope(() => noGrad(() => up.restore(up.wide().add(0.05))));
      const rewards = scoreRewards(made.model, trees);
      expect(rewards).not.toEqual(plain);
      saveAdapter(lora, saved, { base, score: made.model.score });
      lora.dispose();
      made.dispose();
      const config = JSON.parse(readFileSync(join(saved, 'adapter_config.json'), 'utf8'));
      expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['score'] });

      // another fresh head is overwritten
      const again = await loadModel(base, { head: 'score', freshScore: { seed: 99 } });
      const loaded = loadAdapter(again.model.store, saved, again.model.score);
      expect(scoreRewards(again.model, trees)).toEqual(rewards);
      loaded.dispose();
      again.dispose();
      const writer = await loadModel(base);
      expect(() => loadAdapter(writer.model.store, saved)).toThrow(/is a reward model's adapter/);
      writer.dispose();
      expect(memory().handles).toBe(before);
    },
  );
});

it('a reward model does not write', async () => {
  await expect(loadModel(join(fixtures, 'llama-reward'))).rejects.toThrow(/is a reward model's: it scores responses/);
});
