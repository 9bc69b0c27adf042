import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { Cost } from '../../src/training/cost.js';
import { type Estimate, estimateRun } from '../../src/training/estimate/estimate-run.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, type OnlineKind, smallOnlineConfig } from '../faults/small-run.js';
import { withOwnCache } from './own-cache.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** What was foretold and what came, without answers for people, whose length nobody knows. */
async function both(folder: string, kind: OnlineKind, options: Options): Promise<readonly [Estimate, Cost, number]> {
  const small = smallOnlineConfig(folder, 'run', kind, options.adapter);
  const reward = join(folder, 'reward.mjs');
  writeFileSync(reward, 'export default (prompt, response) => Math.sin(response.length * 3) + response.length / 9;\n');
  const online = kind.rollout !== undefined;
  const config = parseConfig(online ? { ...small, reward } : withoutRollout(small));
  const { training } = config;
  const { precision, microTokens = training.microTokens } = options;
  const set = {
    ...config,
    training: { ...training, samples: 0, evaluateEvery: 2, checkpointEvery: 0, precision, microTokens },
  };
  const before = memory();
  const estimate = await estimateRun(set);
  expect(memory().handles).toBe(before.handles);
  expect(memory().bytes).toBe(before.bytes);
  let cost: Cost | undefined;
  let unended = 1;
  for await (const event of train(set)) {
    if (event.type === 'step') unended = Math.min(unended, event.metrics.unended ?? 1);
    if (event.type === 'result') cost = event.cost;
  }
  if (cost === undefined) throw new Error('the run did not end');
  return [estimate, cost, unended];
}

const withoutRollout = (config: object): object =>
  Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'rollout'));

interface Options {
  readonly adapter: boolean;
  readonly precision: 'fp32' | 'bf16';
  readonly microTokens?: number;
}

const rollout = { responses: 3, maxTokens: 5 };
const kinds: readonly OnlineKind[] = [
  ...(['orpo', 'sft', 'dpo', 'kto', 'aot', 'bco', 'reward'] as const).map((method) => ({ method })),
  { method: 'grpo', rollout, objective: { beta: 0.1 } },
  { method: 'ppo', rollout: { ...rollout, epochs: 2, minibatches: 2 } },
  { method: 'ppo', rollout: { ...rollout, epochs: 2 }, objective: { critic: 'shared' } },
  { method: 'rloo', rollout },
];

describe.each([
  { adapter: false, precision: 'fp32' },
  { adapter: true, precision: 'fp32' },
  { adapter: true, precision: 'bf16' },
] as const)('adapter: $adapter, $precision', (options) => {
  it.each(kinds)('operations and passes of $method are foretold to the last, memory within 15 %', (kind) =>
    inTemporaryFolder((folder) =>
      withOwnCache(folder, async () => {
        const [estimate, cost, unended] = await both(folder, kind, options);
        // a random model hardly ever writes its one end token
        expect(unended).toBe(1);
        const counts = ({ flops, forwards }: Estimate['updates']) => ({ flops, forwards });
        expect(counts(estimate.updates)).toEqual(counts(cost.updates));
        expect(counts(estimate.evaluations)).toEqual(counts(cost.evaluations));
        expect(estimate.reference && counts(estimate.reference)).toEqual(cost.reference && counts(cost.reference));
        expect(estimate.updates.seconds).toBeGreaterThan(0);
        expect(estimate.peakBytes / cost.peakBytes).toBeGreaterThan(0.85);
        expect(estimate.peakBytes / cost.peakBytes).toBeLessThan(1.15);
      }),
    ),
  );
});

it('counts a reference model that is held, in memory and in operations', () =>
  inTemporaryFolder(async (folder) => {
    const small = parseConfig(withoutRollout(smallOnlineConfig(folder, 'run', { method: 'dpo' })));
    const set = { ...small, training: { ...small.training, samples: 0, precision: 'bf16' as const } };
    const cached = await estimateRun(set);
    const copied = await estimateRun({ ...set, reference: 'copy' });
    expect(copied.reference).toBeUndefined();
    expect(copied.updates.flops).toBeGreaterThan(cached.updates.flops);
    expect(copied.memory.standing - cached.memory.standing).toBe(2 * cached.parameters);
  }));
