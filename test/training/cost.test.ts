import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { Cost } from '../../src/training/cost.js';
import type { TrainEvent, TrainOptions } from '../../src/training/events.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { readLogs } from '../../src/training/report/run-records.js';
import { resume } from '../../src/training/resume.js';
import { runFolder } from '../../src/training/run-folder.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, type OnlineKind, smallOnlineConfig } from '../faults/small-run.js';
import { withOwnCache } from './own-cache.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const reward = (_: string, response: string): number => response.length / 8;

async function costOf(events: AsyncGenerator<TrainEvent, void>, onStep: (step: number) => void = () => {}) {
  let cost: Cost | undefined;
  for await (const event of events) {
    if (event.type === 'step') onStep(event.step);
    if (event.type === 'result') cost = event.cost;
  }
  return cost;
}

const kinds: readonly OnlineKind[] = [
  { method: 'reward' },
  { method: 'ppo', rollout: { epochs: 2, minibatches: 2 } },
  { method: 'grpo', objective: { beta: 0.05 } },
  { method: 'online-orpo' },
];
const offline = ['orpo', 'dpo', 'kto', 'bco'] as const;

describe.each([{ adapter: false }, { adapter: true }])('adapter: $adapter', ({ adapter }) => {
  it.each([...kinds, ...offline.map((method): OnlineKind => ({ method }))])(
    'the cost of $method is the sum of its records, and the same when it was resumed',
    (kind) =>
      inTemporaryFolder((folder) =>
        withOwnCache(folder, async () => {
          const before = memory().handles;
          const config = (name: string) => {
            const samples = kinds.includes(kind) && kind.method !== 'reward';
            const small = smallOnlineConfig(folder, name, kind, adapter);
            return parseConfig(
              Object.fromEntries(Object.entries(small).filter(([key]) => samples || key !== 'rollout')),
            );
          };
          const whole = await costOf(train(config('whole'), { reward }));
          const controller = new AbortController();
          const options: TrainOptions = { reward, signal: controller.signal };
          await costOf(train(config('stopped'), options), (step) => step === 2 && controller.abort());
          const resumed = await costOf(resume(join(folder, 'stopped'), { reward }));
          if (whole === undefined || resumed === undefined) throw new Error('a run did not end');
          const counts = ({ updates, evaluations, reference }: Cost) =>
            [updates, evaluations, reference].map((effort) => effort && { ...effort, seconds: 0 });
          expect(counts(resumed)).toEqual(counts(whole));
          const { metrics } = readLogs(runFolder(join(folder, 'whole')));
          const sum = (type: string, key: string): number =>
            metrics.filter((record) => record.type === type).reduce((total, record) => total + Number(record[key]), 0);
          for (const key of ['flops', 'forwards', 'tokens'] as const) {
            expect(sum('step', key), key).toBe(whole.updates[key]);
            expect(sum('step', key), key).toBeGreaterThan(0);
            // the answers shown to people are no record of their own
            expect(sum('eval', key), key).toBeLessThanOrEqual(whole.evaluations[key]);
            expect(sum('reference', key), key).toBe(whole.reference?.[key] ?? 0);
          }
          expect(whole.updates.seconds).toBeGreaterThan(0);
          expect(whole.diskBytes).toBeGreaterThan(whole.modelBytes);
          expect(whole.modelBytes).toBeGreaterThan(10_000);
          expect(memory().handles).toBe(before);
        }),
      ),
  );
});
