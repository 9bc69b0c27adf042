import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { OrpoError } from '../../src/errors.js';
import { loadModel } from '../../src/models/load-model.js';
import { saveModel } from '../../src/models/save-model.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { TrainEvent } from '../../src/training/events.js';
import type { RewardFunction } from '../../src/training/loops/rewards.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, type OnlineKind, readLines, smallOnlineConfig } from './small-run.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/golden/models/${name}`, import.meta.url));

beforeAll(async () => {
  await ensureEngine({ install: false });
});

interface Attempt {
  readonly error: OrpoError | undefined;
  readonly events: readonly TrainEvent[];
  readonly run: string;
}

/** Trains with a small configuration that `more` is laid over; nothing may be left in memory. */
async function attempt(
  folder: string,
  more: OnlineKind & Readonly<Record<string, unknown>>,
  reward?: RewardFunction,
): Promise<Attempt> {
  const before = memory().handles;
  const events: TrainEvent[] = [];
  let error: OrpoError | undefined;
  const run = join(folder, 'run');
  try {
    const config = parseConfig({ ...smallOnlineConfig(folder, 'run', { method: more.method }), ...more });
    for await (const event of train(config, reward === undefined ? {} : { reward })) events.push(event);
  } catch (caught) {
    if (!(caught instanceof OrpoError)) throw caught;
    error = caught;
  }
  expect(memory().handles).toBe(before);
  return { error, events, run };
}

const failing: readonly [what: string, reward: unknown, says: RegExp][] = [
  [
    'throws',
    () => {
      throw new RangeError('no such word');
    },
    /it threw no such word/,
  ],
  [
    'rejects',
    async () => {
      throw 'a text';
    },
    /it threw a text/,
  ],
  ['returns NaN', () => Number.NaN, /it gave NaN, no finite number/],
  ['returns an infinity', async () => Number.POSITIVE_INFINITY, /it gave Infinity, no finite number/],
  ['returns nothing', () => {}, /it returned a value of type undefined, no number/],
  ['returns a text', () => '3', /it returned a value of type string, no number/],
  ['returns an object', () => ({ score: 3 }), /it returned a value of type object, no number/],
  ['returns null', () => null, /it returned null, no number/],
  ['never returns', () => new Promise(() => {}), /no answer after 0\.1 s/],
];

/** What plain JavaScript may give as a reward. */
function asReward(given: unknown): RewardFunction {
  if (!isFunction(given)) throw new Error('no function');
  return given;
}
function isFunction(given: unknown): given is RewardFunction {
  return typeof given === 'function';
}

describe('a reward function that', () => {
  it.each(failing)('%s: stops the run with an error that names the row', (_, reward, says) =>
    inTemporaryFolder(async (folder) => {
      const { error, run } = await attempt(folder, { method: 'rloo', rewardTimeout: 0.1 }, asReward(reward));
      expect(error).toMatchObject({ code: 'reward', hint: expect.stringContaining('orpo resume') });
      expect(error?.message).toMatch(/^the reward function gave no reward for row \d+: /);
      expect(error?.message).toMatch(says);
      // stopped in the first evaluation, before anything was learnt
      expect(existsSync(join(run, 'checkpoints/step-0'))).toBe(true);
    }),
  );

  it.each(failing)('%s: is stood in for where the configuration says by what', (_, reward) =>
    inTemporaryFolder(async (folder) => {
      let calls = 0;
      const bad = asReward(reward);
      const everyThird: RewardFunction = (prompt, response, item) =>
        calls++ % 3 === 0 ? bad(prompt, response, item) : response.length;
      const kind = {
        method: 'grpo',
        rewardTimeout: 0.1,
        failedReward: -5,
        rollout: { responses: 2, maxTokens: 5 },
      } as const;
      const { error, events, run } = await attempt(folder, kind, everyThird);
      expect(error).toBeUndefined();
      const failed = events.flatMap((event) => (event.type === 'step' ? [event.metrics.failed_rewards] : []));
      expect(failed).toEqual([2, 2, 2, 2]);
      const text = readFileSync(join(run, 'rollouts.jsonl'), 'utf8');
      expect(text.match(/-5/g)).toHaveLength(8);
      for (const name of ['metrics.jsonl', 'rollouts.jsonl'])
        expect(readFileSync(join(run, name), 'utf8')).not.toMatch(/null|NaN|nonFinite/);
    }),
  );
});

describe('a reward module that', () => {
  const named = async (folder: string, source: string, more: object = {}) => {
    writeFileSync(join(folder, 'rule.mjs'), source);
    return await attempt(folder, { method: 'reinforce', reward: join(folder, 'rule.mjs'), ...more });
  };

  it.each([
    ['throws', 'throw new Error("later")', /rule\.mjs threw Error: later/],
    ['returns a text', 'return "3"', /rule\.mjs returned string, which is not a finite number/],
    ['never ends', 'for (;;);', /rule\.mjs gave no answer within 0\.3 s/],
    ['never answers', 'return new Promise(() => {})', /rule\.mjs gave no answer within 0\.3 s/],
  ])('%s: stops the run, or is stood in for', (_, what, says) =>
    inTemporaryFolder(async (folder) => {
      const source = (mark: string) => `import { existsSync, writeFileSync } from 'node:fs';
        const mark = ${JSON.stringify(join(folder, mark))};
        export default (prompt, response) => {
          if (!existsSync(mark)) { writeFileSync(mark, ''); ${what} }
          return response.length;
        };`;
      const { error } = await named(folder, source('first'), { rewardTimeout: 0.3, output: join(folder, 'stopped') });
      expect(error).toMatchObject({ code: 'reward', message: expect.stringMatching(says) });
      const more = { rewardTimeout: 0.3, failedReward: 0 };
      const { error: none, events } = await named(folder, source('second'), more);
      expect(none).toBeUndefined();
      expect(events.find(({ type }) => type === 'eval')).toMatchObject({ metrics: { failed_rewards: 1 } });
    }),
  );

  it.each([
    ['is not there', undefined, /nowhere\.mjs cannot be imported: .*Cannot find module/],
    ['has no default export', 'export const reward = () => 1;', /has no function as its default export/],
    ['is no JavaScript', 'export default (', /cannot be imported: SyntaxError/],
  ])('%s: is refused before anything is learnt, and leaves nothing', (_, source, says) =>
    inTemporaryFolder(async (folder) => {
      const kind = { method: 'ppo', objective: { critic: 'own' } } as const;
      if (source !== undefined) writeFileSync(join(folder, 'nowhere.mjs'), source);
      const { error, run } = await attempt(folder, { ...kind, reward: join(folder, 'nowhere.mjs') });
      expect(error).toMatchObject({ code: 'config', message: expect.stringMatching(says) });
      expect(existsSync(join(run, 'config.json'))).toBe(false);
    }),
  );
});

describe('a reward model', () => {
  it('that is none is refused', () =>
    inTemporaryFolder(async (folder) => {
      const reward = { kind: 'reward', model: fixture('llama') };
      const { error } = await attempt(folder, { method: 'rloo', reward });
      expect(error).toMatchObject({ code: 'model', message: expect.stringMatching(/is no reward model/) });
    }));

  it('by an adapter that is none of a reward model is refused', () =>
    inTemporaryFolder(async (folder) => {
      const sft = { ...smallOnlineConfig(folder, 'sft', { method: 'reinforce' }, true), rewardTimeout: 5 };
      for await (const _ of train(parseConfig(sft), { reward: () => 1 }));
      const reward = { kind: 'reward', model: fixture('llama'), adapter: join(folder, 'sft/adapter') };
      for (const adapter of [undefined, { rank: 4 }]) {
        const { error } = await attempt(folder, { method: 'rloo', reward, ...(adapter && { adapter }) });
        expect(error).toMatchObject({
          code: 'adapter',
          message: expect.stringMatching(/is no reward model's adapter/),
        });
      }
    }));

  it('of another tokenizer reads the text; one that reads alike, the tokens', () =>
    inTemporaryFolder(async (folder) => {
      const rewards: unknown[] = [];
      for (const [name, change] of [
        ['alike', false],
        ['other', true],
      ] as const) {
        const model = join(folder, name);
        const loaded = await loadModel(fixture('gpt2'), { head: 'score', freshScore: { seed: 5 } });
        saveModel(loaded, model);
        loaded.dispose();
        if (change) {
          const path = join(model, 'chat_template.jinja');
          writeFileSync(path, readFileSync(path, 'utf8').replace("'<|turn|>' +", "'<|turn|>the ' +"));
        }
        const kind = { method: 'online-dpo', rollout: { responses: 2, maxTokens: 5 } } as const;
        const reward = { kind: 'reward', model };
        const { error } = await attempt(folder, { ...kind, reward, output: join(folder, `run-${name}`) });
        expect(error).toBeUndefined();
        const [, first] = readLines(join(folder, `run-${name}`, 'rollouts.jsonl'));
        expect(first).toMatchObject({ type: 'rewards', failed: 0 });
        rewards.push(typeof first === 'object' && first !== null && 'rewards' in first ? first.rewards : undefined);
      }
      expect(rewards[0]).not.toEqual(rewards[1]);
    }));
});

describe('settings that do not go together are refused', () => {
  const cases: readonly [OnlineKind & Readonly<Record<string, unknown>>, RegExp][] = [
    [{ method: 'grpo', reference: 'copy' }, /reference is copy, but grpo compares with no reference/],
    [{ method: 'online-orpo', reference: 'adapter' }, /online-orpo compares with no reference/],
    [{ method: 'reward', reference: 'cached' }, /reward compares with no reference/],
    [
      { method: 'ppo', reference: 'cached' },
      /cached is computed before training, but ppo learns from responses it samples/,
    ],
    [{ method: 'online-dpo', reference: 'adapter' }, /adapter switches the adapter off, but all weights are trained/],
    [{ method: 'ppo', adapter: { rank: 2, dropout: 0.1 } }, /adapter\.dropout is 0\.1, but ppo compares log-probs/],
    [{ method: 'rloo', rollout: { responses: 1 } }, /"rollout\.responses" is 1/],
    [{ method: 'grpo', rollout: { responses: 1 } }, /"rollout\.responses" is 1/],
    [{ method: 'online-orpo', rollout: { responses: 1 } }, /"rollout\.responses" is 1/],
    [
      { method: 'online-dpo', rollout: { epochs: 3 } },
      /rollout\.epochs is 3, but online-dpo makes one update of a rollout/,
    ],
    [{ method: 'online-orpo', rollout: { minibatches: 2 } }, /rollout\.minibatches is 2/],
    [
      { method: 'ppo', objective: { orpo: 0.1 }, rollout: { responses: 1 } },
      /objective\.orpo compares the best response/,
    ],
    [
      { method: 'rloo', rollout: { maxTokens: 48 } },
      /rollout\.maxTokens is 48, which leaves no room for a prompt in 48 tokens/,
    ],
    [
      { method: 'rloo', rollout: { maxTokens: 40 } },
      /no row is left to train on: the prompt leaves no room for the response/,
    ],
    [{ method: 'ppo', objective: { kl: 0, klTarget: 3 } }, /"objective\.kl" is 0: a weight of 0 stays 0/],
    [{ method: 'reward', rollout: { responses: 2 } }, /unknown key "rollout"/],
  ];
  it.each(cases)('%j', (kind, says) =>
    inTemporaryFolder(async (folder) => {
      const { error, run } = await attempt(folder, kind, () => 1);
      expect(error?.message).toMatch(says);
      expect(error?.hint).not.toBe('');
      expect(existsSync(join(run, 'config.json'))).toBe(false);
    }),
  );

  it('no reward at all', () =>
    inTemporaryFolder(async (folder) => {
      const { error } = await attempt(folder, { method: 'grpo' });
      expect(error?.message).toMatch(/"reward" is missing: grpo learns from the rewards of its own responses/);
    }));
});
