import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../models/load-model.js';
import { saveModel } from '../models/save-model.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { parseFeedbackConfig } from './config.js';
import { openJudge } from './open-judge.js';
import { temporaryFolder, tinyModel } from './testing/tiny-model.js';
import { playTournaments } from './tournament.js';

describe('RewardJudge', () => {
  const folder = temporaryFolder();
  let reward = '';
  beforeAll(async () => {
    await ensureEngine({ install: false });
    reward = join(folder, 'reward');
    const loaded = await loadModel(tinyModel(folder), { head: 'score', freshScore: { seed: 3 } });
    saveModel(loaded, reward);
    loaded.dispose();
  });

  const open = (model: string) => {
    const { judge } = parseFeedbackConfig({ data: 'd', output: 'o', judge: { kind: 'reward', model, maxLength: 64 } });
    return openJudge(judge, { seed: 1 });
  };

  it('scores each response as it does alone, compares by the logistic of the difference, and leaves nothing', async () => {
    const before = memory().handles;
    const opened = await open(reward);
    const items = ['Yes.', 'No, never.', ' '].map((response) => ({ prompt: 'Is it?', response }));
    const outcomes = await opened.judge.score(items);
    const scores = outcomes.map((outcome) => ('failure' in outcome ? Number.NaN : outcome.value.score));
    expect(outcomes[2]).toEqual({ failure: 'the reward model cannot read it: empty response' });
    for (const [at, item] of items.slice(0, 2).entries()) {
      const [alone] = await opened.judge.score([item]);
      expect(alone).toEqual({
        value: { score: expect.closeTo(scores[at] ?? 0, 5), reward: expect.closeTo(scores[at] ?? 0, 5) },
      });
    }
    expect(scores[0]).not.toBeCloseTo(scores[1] ?? 0, 3);
    const [played] = await playTournaments(opened.judge, [{ prompt: 'Is it?', responses: ['Yes.', 'No, never.'] }]);
    const probability = 1 / (1 + Math.exp((scores[1] ?? 0) - (scores[0] ?? 0)));
    expect(played).toMatchObject({
      value: { matches: [{ first: 0, second: 1, probability: expect.closeTo(probability, 6) }] },
    });
    await opened.dispose();
    expect(memory().handles).toBe(before);
  });

  it('refuses a model whose head would be a random one', async () => {
    const before = memory().handles;
    await expect(open(tinyModel(folder))).rejects.toThrow(/is no reward model: it has no scalar head/);
    expect(memory().handles).toBe(before);
  });
});
