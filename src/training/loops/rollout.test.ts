import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tree } from '../../data/tree.js';
import { generateIds } from '../../generation/generate-ids.js';
import { type LoadedModel, loadModel } from '../../models/load-model.js';
import { memory } from '../../torch/index.js';
import { rewarderOf } from './rewards.js';
import { bestAndWorst, rewardsOf, rolloutMetrics, sampleResponses } from './rollout.js';

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await loadModel(fileURLToPath(new URL('../../../test/fixtures/golden/models/llama', import.meta.url)));
});
afterAll(() => loaded.dispose());

const prompts = (count: number): Tree[] =>
  Array.from({ length: count }, (_, row) => ({
    trunk: Int32Array.from({ length: 3 + (row % 4) }, (_, at) => 5 + ((row * 31 + at * 17) % 250)),
    branches: [],
    origin: { file: 'made', row },
    asked: `question ${row}`,
  }));
const options = { samples: 3, maxTokens: 9, temperature: 1, seed: 11, signal: undefined };

describe('sampling', () => {
  it('is the same whatever is computed together, row by row as if each were asked for alone', async () => {
    const before = memory().handles;
    const all = await sampleResponses(loaded, prompts(5), { ...options, batch: 32 });
    for (const batch of [1, 4, 7])
      expect(await sampleResponses(loaded, prompts(5), { ...options, batch })).toEqual(all);
    expect(all.map(({ row }) => row)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    expect(new Set(all.map(({ ids }) => ids.join())).size).toBe(15);
    const alone = new Map<number, number[]>();
    const streams = [...all.keys()];
    const trunks = prompts(5).flatMap(({ trunk }) => [trunk, trunk, trunk]);
    const { maxTokens, temperature, seed } = options;
    const settings = { maxTokens, temperature, seed, streams, batch: 1, endIds: loaded.endIds };
    for (const { row, id } of generateIds(loaded.model, trunks, settings))
      alone.set(row, [...(alone.get(row) ?? []), id]);
    expect([...alone.values()]).toEqual(all.map(({ ids }) => ids));
    expect(memory().handles).toBe(before);
  });

  it('gives text without the end of a turn, and says which responses have none', async () => {
    const all = await sampleResponses(loaded, prompts(40), { ...options, maxTokens: 30, batch: 32 });
    const ended = all.filter(({ stop }) => stop === 'end');
    expect(ended.length).toBeGreaterThan(0);
    for (const { ids, stop, text } of all) {
      expect(loaded.endIds.includes(ids.at(-1) ?? -1)).toBe(stop === 'end');
      for (const id of loaded.endIds) expect(text).not.toContain(loaded.tokenizer.tokenText(id));
      if (stop === 'length') expect(ids).toHaveLength(30);
    }
  });

  it('ends soon after its signal, and leaves nothing', async () => {
    const before = memory().handles;
    const signal = AbortSignal.abort(new Error('enough'));
    const long = { ...options, samples: 64, maxTokens: 40, batch: 512, signal };
    await expect(sampleResponses(loaded, prompts(100), long)).rejects.toThrow('enough');
    expect(memory().handles).toBe(before);
  });
});

describe('rewards', () => {
  it('are less where a response did not end, those that stand in too', async () => {
    const responses = [
      { row: 0, text: 'aa', stop: 'end', ids: [7, 7, 317] },
      { row: 0, text: 'aaa', stop: 'length', ids: [7, 7, 7] },
      { row: 1, text: '', stop: 'end', ids: [317] },
      { row: 1, text: 'aaaa', stop: 'length', ids: [7, 7, 7, 7] },
    ] as const;
    const items: string[] = [];
    const rewarder = rewarderOf(
      (prompt, response, { row, ended }) => {
        items.push(`${prompt}|${response}|${row}|${ended}`);
        return response === 'aaaa' ? Number.NaN : response.length;
      },
      'it',
      1,
    );
    const settings = { missingEnd: 0.5, failedReward: -2, signal: undefined };
    const rewarded = await rewardsOf(rewarder, prompts(2), responses, settings);
    expect(rewarded).toEqual({ rewards: [2, 2.5, 0, -2.5], failed: 1 });
    expect(items).toEqual([
      'question 0|aa|0|true',
      'question 0|aaa|0|false',
      'question 1||1|true',
      'question 1|aaaa|1|false',
    ]);
    expect(rolloutMetrics(responses, rewarded)).toEqual({
      reward: 0.5,
      reward_deviation: expect.closeTo(Math.sqrt((1.5 ** 2 + 2 ** 2 + 0.5 ** 2 + 3 ** 2) / 3), 9),
      response_tokens: 11 / 4,
      unended: 0.5,
      failed_rewards: 1,
    });
  });

  it('name the best and the worst, the first of equals, or nothing where all are alike', () => {
    expect(bestAndWorst([1, 3, 0, 3, 0])).toEqual([1, 2]);
    expect(bestAndWorst([2, 1])).toEqual([0, 1]);
    expect(bestAndWorst([2, 2, 2])).toBeUndefined();
    expect(bestAndWorst([2])).toBeUndefined();
  });
});
