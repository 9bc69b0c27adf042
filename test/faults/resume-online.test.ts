import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { TrainEvent, TrainOptions } from '../../src/training/events.js';
import type { RewardFunction } from '../../src/training/loops/rewards.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { resume } from '../../src/training/resume.js';
import { train } from '../../src/training/train.js';
import { drain } from './drain.js';
import { fingerprint, inTemporaryFolder, type OnlineKind, readLines, smallOnlineConfig } from './small-run.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** A deterministic reward that notes what it is asked. */
function noting(): { reward: RewardFunction; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    reward: async (prompt, response) => {
      asked.push(`${prompt} -> ${response}`);
      return response.length / 8 - [...response].filter((letter) => letter === 'e').length;
    },
  };
}

function expectSame(ours: string, whole: string): void {
  const [a, b] = [fingerprint(ours), fingerprint(whole)];
  const comparable = (names: Record<string, string>) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => !name.startsWith('checkpoints')));
  expect(comparable(a)).toEqual(comparable(b));
}

const kinds: readonly OnlineKind[] = [
  { method: 'reward' },
  { method: 'ppo', rollout: { epochs: 2, minibatches: 2 }, objective: { klTarget: 0.5 } },
  { method: 'ppo', rollout: { epochs: 2 }, objective: { critic: 'shared', orpo: 0.3 } },
  { method: 'rloo' },
  { method: 'grpo', objective: { beta: 0.05, orpo: 0.2 } },
  { method: 'reinforce' },
  { method: 'online-dpo' },
  { method: 'online-orpo' },
];

describe.each([{ adapter: false }, { adapter: true }])('an interrupted run, adapter: $adapter', ({ adapter }) => {
  it.each(kinds)('$method $objective: comes out the same, bit for bit, and asks for no reward twice', (kind) =>
    inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const config = (name: string) => parseConfig(smallOnlineConfig(folder, name, kind, adapter));
      const [whole, ours] = [join(folder, 'whole'), join(folder, 'stopped')];
      const first = noting();
      const events = await drain(train(config('whole'), { reward: first.reward }));
      const second = noting();
      const controller = new AbortController();
      const options: TrainOptions = { reward: second.reward, signal: controller.signal };
      const stopped = await drain(train(config('stopped'), options), (event) => {
        if (event.type === 'step' && event.step === 2) controller.abort();
      });
      expect(stopped.at(-1)).toMatchObject({ type: 'interrupted', step: 2 });
      await drain(resume(ours, { reward: second.reward }));
      expectSame(ours, whole);
      expect(second.asked).toEqual(first.asked);
      expect(memory().handles).toBe(before);
      const steps = events.filter((event) => event.type === 'step');
      expect(steps).toHaveLength(4);
      if (kind.method === 'reward') return;
      // the held-out prompt at both ends, 3 prompts with 2 responses each in between
      expect(first.asked).toHaveLength(1 + 4 * 6 + 1);
      expect(readLines(join(whole, 'rollouts.jsonl'))).toHaveLength(8);
      const kls = events.flatMap((event) => (event.type === 'eval' ? [event.metrics.kl ?? Number.NaN] : []));
      if (adapter) expect(kls).toEqual([0, expect.any(Number)]);
      if (adapter) expect(Math.abs(kls[1] ?? 0)).toBeGreaterThan(1e-4);
      for (const { metrics } of steps) for (const value of Object.values(metrics)) expect(value).not.toBeNaN();
    }),
  );
});

/** A reward that does something else once, at its call number `at`. */
function once(at: number, instead: () => number | Promise<number>): { reward: RewardFunction; asked: string[] } {
  const { reward, asked } = noting();
  let done = false;
  return {
    asked,
    reward: (prompt, response, item) => {
      const value = reward(prompt, response, item);
      if (done || asked.length !== at) return value;
      done = true;
      return instead();
    },
  };
}

describe('a run that is stopped while it waits for rewards', () => {
  const kind = { method: 'grpo' } as const;
  const run = async (
    folder: string,
    reward: RewardFunction,
    signal?: AbortSignal,
  ): Promise<{ ours: string; events: TrainEvent[] }> => {
    const config = (name: string) => parseConfig(smallOnlineConfig(folder, name, kind));
    await drain(train(config('whole'), { reward: noting().reward }));
    const events: TrainEvent[] = [];
    const ours = join(folder, 'ours');
    await drain(train(config('ours'), { reward, ...(signal === undefined ? {} : { signal }) }), (event) =>
      events.push(event),
    );
    return { ours, events };
  };

  it.each([
    ['of an update', 1 + 6 + 4, 1],
    ['of the first evaluation', 1, 0],
    ['of the last evaluation', 1 + 4 * 6 + 1, 4],
  ])('%s is saved where it stood and goes on', (_, call, step) =>
    inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const controller = new AbortController();
      // a reward that never comes
      const { reward } = once(call, () => {
        controller.abort();
        return new Promise(() => {});
      });
      const begun = performance.now();
      const { ours, events } = await run(folder, reward, controller.signal);
      expect(performance.now() - begun).toBeLessThan(30_000);
      expect(events.at(-1)).toMatchObject({ type: 'interrupted', step });
      await drain(resume(ours, { reward: noting().reward }));
      expectSame(ours, join(folder, 'whole'));
      expect(memory().handles).toBe(before);
    }),
  );

  it.each([
    ['of an update', 1 + 6 + 4, 1],
    ['of the last evaluation', 1 + 4 * 6 + 1, 4],
  ])('by a reward %s that fails: names the row, keeps what was sampled, and goes on', (_, call, step) =>
    inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const { reward } = once(call, () => {
        throw new TypeError('the server is down');
      });
      await expect(run(folder, reward)).rejects.toThrow(
        /^the reward function gave no reward for row \d+: it threw the server is down\.$/,
      );
      const ours = join(folder, 'ours');
      const sampled = readLines(join(ours, 'rollouts.jsonl'));
      const { reward: good, asked } = noting();
      const events = await drain(resume(ours, { reward: good }));
      expect(events[0]).toMatchObject({ type: 'start', from: step });
      expect(readLines(join(ours, 'rollouts.jsonl')).slice(0, sampled.length)).toEqual(sampled);
      // a rollout whose rewards are there is never paid for again
      expect(asked).toHaveLength(step === 4 ? 1 : 3 * 6 + 1);
      expectSame(ours, join(folder, 'whole'));
      const result = events.at(-1);
      expect(result).toMatchObject({
        type: 'result',
        metrics: { loss: expect.any(Number), reward: expect.any(Number) },
      });
      expect(memory().handles).toBe(before);
    }),
  );
});
