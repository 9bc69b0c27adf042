import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachLora } from '../../adapters/attach.js';
import { adapterConfig } from '../../adapters/config.js';
import { saveAdapter } from '../../adapters/peft-folder.js';
import { render } from '../../data/render.js';
import { judgeConfig } from '../../feedback/config.js';
import { loadModel } from '../../models/load-model.js';
import { saveModel } from '../../models/save-model.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { memory, noGrad, scope } from '../../torch/index.js';
import { openModelRewarder } from './model-rewarder.js';
import { askedOf, type RewardItem } from './rewards.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../test/fixtures/golden/models/${name}`, import.meta.url));
let folder = '';
beforeAll(async () => {
  await ensureEngine({ install: false });
  folder = mkdtempSync(join(tmpdir(), 'orpo-rewarder-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function source(more: object) {
  const config = judgeConfig.parse({ kind: 'reward', precision: 'fp32', ...more });
  if (config.kind !== 'reward') throw new Error('no reward model');
  return config;
}

/** Saves a reward model and an adapter for one, both made of a fixture. */
async function made(name: string): Promise<{ model: string; adapter: string }> {
  const [model, adapter] = [join(folder, name), join(folder, `${name}-adapter`)];
  const loaded = await loadModel(fixture(name), { head: 'score', freshScore: { seed: 4 } });
  saveModel(loaded, model);
  const lora = attachLora(loaded.model.store, adapterConfig.parse({ rank: 2 }), 5);
  for (const { up } of lora.adapters) {
    noGrad(() => up.train('float32'));
    scope(() => noGrad(() => up.restore(up.wide().add(0.04))));
  }
  saveAdapter(lora, adapter, { base: fixture(name), score: loaded.model.score });
  lora.dispose();
  loaded.dispose();
  return { model, adapter };
}

function items(texts: readonly string[], read: Parameters<typeof render>[2], question = 'Is it?'): RewardItem[] {
  return texts.map((response, row) => {
    const { trunk, responses } = render(question, [response], read);
    return { ...askedOf(question), response, ended: true, row, trunk, ids: responses[0] ?? [] };
  });
}

describe('a reward model as a rewarder', () => {
  it('reads tokens and texts alike, whole or as an adapter on the policy’s own base', async () => {
    const before = memory().handles;
    const { model, adapter } = await made('llama');
    const policy = await loadModel(fixture('llama'));
    const lora = attachLora(policy.model.store, adapterConfig.parse({ rank: 3 }), 8);
    const asked = items(['Yes.', 'No, never.', 'It may be so.'], policy);
    const scores: Record<string, unknown> = {};
    for (const [name, config, own] of [
      ['tokens', source({ model }), undefined],
      ['apart', source({ model: fixture('llama'), adapter }), undefined],
      ['shared', source({ model: fixture('llama'), adapter }), lora],
    ] as const) {
      const hung = [...policy.model.store.linears.values()].map((linear) => linear.adapter);
      const rewarder = await openModelRewarder(config, { loaded: policy, lora: own });
      scores[name] = await rewarder.score(asked);
      // the policy's own adapters are back in their places
      expect([...policy.model.store.linears.values()].map((linear) => linear.adapter)).toEqual(hung);
      await rewarder.dispose();
    }
    // a policy whose tokenizer reads otherwise has its texts read
    const other = { ...policy, template: undefined };
    const rewarder = await openModelRewarder(source({ model }), { loaded: other, lora: undefined });
    scores.texts = await rewarder.score(asked.map((item) => ({ ...item, trunk: [1], ids: [2] })));
    const [cut] = await rewarder.score(asked.slice(0, 1).map((item) => ({ ...item, ended: false })));
    await rewarder.dispose();
    expect(scores.texts).toEqual(scores.tokens);
    expect(scores.shared).toEqual(scores.apart);
    expect(scores.apart).not.toEqual(scores.tokens);
    // without an end token it is another text
    expect([cut]).not.toEqual([scores.tokens].flat().slice(0, 1));
    lora.dispose();
    policy.dispose();
    expect(memory().handles).toBe(before);
  });

  it('with learned positions cuts what it cannot take', async () => {
    const before = memory().handles;
    const { model } = await made('opt');
    const policy = await loadModel(fixture('llama'));
    const rewarder = await openModelRewarder(source({ model }), { loaded: policy, lora: undefined });
    const question = 'And what of this? '.repeat(9);
    const rewards = await rewarder.score(items(['Yes.', 'It may be so. '.repeat(12)], policy, question));
    for (const reward of rewards) expect(reward).toEqual(expect.any(Number));
    await rewarder.dispose();
    policy.dispose();
    expect(memory().handles).toBe(before);
  });
});
