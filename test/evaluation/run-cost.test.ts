import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { costReport } from '../../src/evaluation/comparison/run-facts.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, smallConfig } from '../faults/small-run.js';

async function trained(settings: object): Promise<string> {
  const config = parseConfig(settings);
  for await (const _ of train(config));
  return config.output;
}

describe('what a run cost', () => {
  it('holds the runs it stands on, each once: whose model it began at, and whose reward model it asked', () =>
    inTemporaryFolder(async (folder) => {
      const small = (name: string): object => {
        const { objective: _, ...config } = smallConfig(folder, name, { maxSteps: 2 });
        return config;
      };
      const sft = await trained({ ...small('sft'), method: 'sft' });
      const after = { model: join(sft, 'model') };
      const dpo = await trained({ ...small('dpo'), ...after, method: 'dpo' });
      const reward = await trained({ ...small('reward'), ...after, method: 'reward' });
      const ppo = await trained({
        ...small('ppo'),
        ...after,
        method: 'ppo',
        reward: { kind: 'reward', model: join(reward, 'model') },
        rollout: { maxTokens: 4 },
      });
      const [first, second, judge, last] = [sft, dpo, reward, ppo].map(costReport);
      const sum = (...costs: readonly (number | undefined)[]) =>
        costs.reduce<number>((total, cost) => total + (cost ?? Number.NaN), 0);
      expect(first?.runs).toBeUndefined();
      expect(first?.steps).toBe(2);
      expect(second).toMatchObject({ runs: [sft], steps: 4 });
      expect(judge).toMatchObject({ runs: [sft], steps: 4 });
      expect(last).toMatchObject({ runs: [sft, reward], steps: 6 });
      const alone = await trained({ ...small('alone'), method: 'dpo' });
      // another model of the same shape: the same operations
      expect(second?.flops).toBe(sum(first?.flops, costReport(alone).flops));
    }));
});
