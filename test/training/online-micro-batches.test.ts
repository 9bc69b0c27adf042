import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, type OnlineKind, smallOnlineConfig } from '../faults/small-run.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Metrics of the first update on a tiny random model, cut into micro-batches of at most `microTokens`. */
async function firstUpdate(
  folder: string,
  kind: OnlineKind,
  microTokens: number,
  adapter: boolean,
  batch = 5,
): Promise<Readonly<Record<string, number>>> {
  const small = smallOnlineConfig(folder, `run-${microTokens}-${batch}`, kind, adapter);
  const config = parseConfig({ ...small, data: { train: join(folder, 'pairs.jsonl'), maxLength: 128 } });
  const training = { ...config.training, microTokens, batch, maxSteps: 1, samples: 0, checkpointEvery: 0 };
  let metrics: Readonly<Record<string, number>> = {};
  const reward = (_: string, response: string): number => Math.sin(response.length * 3) + response.length / 9;
  for await (const event of train({ ...config, training }, { reward }))
    if (event.type === 'step') metrics = event.metrics;
  return metrics;
}

const rollout = { responses: 3, maxTokens: 6, missingEnd: 0.5 };
const kinds: readonly OnlineKind[] = [
  { method: 'ppo', rollout: { ...rollout, epochs: 1 } },
  { method: 'ppo', rollout: { ...rollout, epochs: 2 }, objective: { orpo: 0.4, critic: 'shared' } },
  { method: 'rloo', rollout },
  { method: 'grpo', rollout, objective: { beta: 0.1, mean: 'responses' } },
  { method: 'grpo', rollout, objective: { orpo: 0.3, scale: 'batch' } },
  { method: 'reinforce', rollout },
  { method: 'online-dpo', rollout },
  { method: 'online-orpo', rollout },
];

describe.each([{ adapter: false }, { adapter: true }])('adapter: $adapter', ({ adapter }) => {
  it.each(kinds)('an update of $method $objective is the same however it is cut', (kind) =>
    inTemporaryFolder(async (folder) => {
      const before = memory().handles;
      const whole = await firstUpdate(folder, kind, 100_000, adapter);
      expect(whole.grad_norm).toBeGreaterThan(0);
      for (const microTokens of [90, 1]) {
        const cut = await firstUpdate(folder, kind, microTokens, adapter);
        expect(Object.keys(cut).sort()).toEqual(Object.keys(whole).sort());
        for (const [name, exact] of Object.entries(whole))
          expect(Math.abs((cut[name] ?? Number.NaN) - exact), name).toBeLessThan(5e-5 * Math.max(1, Math.abs(exact)));
      }
      expect(memory().handles).toBe(before);
    }),
  );

  it.each(['ppo', 'rloo', 'grpo'] as const)('the first update of %s sees the very policy that sampled', (method) =>
    inTemporaryFolder(async (folder) => {
      const kind = { method, rollout: { ...rollout, epochs: 1 } };
      for (const microTokens of [100_000, 60]) {
        const metrics = await firstUpdate(folder, kind, microTokens, adapter);
        expect(metrics).toMatchObject({ clip_fraction: 0, approx_kl: 0 });
        // a fresh adapter changes nothing, and a model does not differ from its copy
        if (metrics.kl !== undefined) expect(Math.abs(metrics.kl)).toBeLessThan(1e-5);
      }
    }),
  );
});
