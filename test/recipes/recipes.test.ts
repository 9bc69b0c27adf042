import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answer, chatServer, longer } from '../../src/feedback/testing/chat-server.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { type Ending, isBuilt, type OutputRecord, runCli } from '../faults/command-line.js';
import { inTemporaryFolder, leftovers, readLines } from '../faults/small-run.js';
import { endEverywhere, go, outcome, polite, RECIPE, summary, workplace } from './interrupted-recipe.js';
import { smallRlaif, smallRlhf, smallSpin, startModel, writeData } from './small-recipes.js';

/** A working directory with the small model, the data and the configuration. */
function smallWorkplace(folder: string, name: string, config: RecipeConfigInput): string {
  const place = workplace(folder, name, { ...config, model: startModel(folder) });
  writeData(place);
  return place;
}

describe.runIf(isBuilt)('a recipe through the command line, ended in every stage, comes out the same', () => {
  it.each<{ name: string; config: RecipeConfigInput; methods: string[] }>([
    { name: 'rlhf', config: smallRlhf, methods: ['sft', 'reward', 'ppo', 'orpo'] },
    {
      name: 'spin with adapters',
      config: { ...smallSpin, adapter: { rank: 4, alpha: 8 } },
      methods: ['generate', 'spin', 'generate', 'spin'],
    },
    {
      name: 'spin of all weights without a reference',
      config: { ...smallSpin, rounds: [{ method: 'odds-spin' }] },
      methods: ['generate', 'odds-spin'],
    },
    { name: 'rlaif', config: smallRlaif, methods: ['pairs', 'reward', 'ppo'] },
  ])('$name', ({ config, methods }) =>
    inTemporaryFolder(async (folder) => {
      const calm = smallWorkplace(folder, 'calm', config);
      const whole = await go(calm);
      expect(whole.code, whole.stderr).toBe(0);
      const { stages } = summary.parse(whole.last);
      expect(stages.map(({ method }) => method)).toEqual(methods);
      for (const { stage } of stages) expect(whole.records.some((record) => record.stage === stage)).toBe(true);

      if ('orpo' in config) {
        const policies = z.array(
          z.object({
            policy: z.string(),
            pairs: z.number(),
            accuracy: z.number(),
            margin: z.number(),
            reward: z.number(),
          }),
        );
        const found = policies.parse(whole.last?.comparison);
        expect(found.map(({ policy, pairs }) => [policy, pairs])).toEqual(
          ['start', 'ppo', 'orpo'].map((policy) => [policy, 4]),
        );
        expect(new Set(found.map(({ margin }) => margin)).size).toBe(3);
      }

      const rough = smallWorkplace(folder, 'rough', config);
      const last = await endEverywhere(rough, stages, polite);
      expect(last.code, last.stderr).toBe(0);
      expect(outcome(rough)).toEqual(outcome(calm));
      expect(leftovers(join(rough, RECIPE))).toEqual([]);

      // model and opponent are one where a round of self-play begins
      for (const { folder: round } of stages.filter(({ method }) => method === 'spin')) {
        const metrics = readLines(join(calm, RECIPE, round, 'metrics.jsonl'));
        expect(metrics.find((line) => Object(line).type === 'step')).toMatchObject({
          step: 1,
          loss: expect.closeTo(Math.LN2, 6),
        });
      }
    }),
  );

  it('rlaif with an endpoint, straight to ORPO', () =>
    inTemporaryFolder(async (folder) => {
      const server = await chatServer((response, { text }) => {
        setTimeout(() => answer(response, longer(text)), 5);
      });
      const judge = { kind: 'endpoint', url: server.url, model: 'm', cache: 'answers', concurrency: 2 } as const;
      const feedback = { sample: { maxTokens: 12, batch: 4 }, judge };
      const config: RecipeConfigInput = { ...smallRlaif, feedback, policy: { method: 'orpo' } };
      const calm = smallWorkplace(folder, 'calm', config);
      const planned = await runCli(['train', 'config.json', '--dry-run'], { cwd: calm });
      expect(planned).toMatchObject({ code: 0, last: { type: 'result', recipe: 'rlaif' } });
      expect(planned.last?.stages).toMatchObject([
        { folder: '01-feedback', rows: 20, judge: `m at ${server.url}` },
        { folder: '02-orpo', method: 'orpo', data: ['recipe/01-feedback/pairs.jsonl'] },
      ]);
      expect(existsSync(join(calm, RECIPE))).toBe(false);
      const whole = await go(calm);
      expect(whole.code, whole.stderr).toBe(0);
      const { stages } = summary.parse(whole.last);
      expect(stages.map(({ method }) => method)).toEqual(['pairs', 'orpo']);
      const asked = server.asked.length;
      expect(asked).toBeGreaterThan(0);

      const rough = smallWorkplace(folder, 'rough', config);
      // once while responses are drawn, once while they are judged, once while it trains
      const [feedbackStage, orpo] = stages;
      let last: Ending | undefined;
      for (const isDue of [
        (record: OutputRecord) => record.type === 'samples' && record.stage === feedbackStage?.stage,
        (record: OutputRecord) => record.type === 'row',
        (record: OutputRecord) => record.step === 2 && record.stage === orpo?.stage,
      ])
        last = await go(rough, { onRecord: (record, child) => void (isDue(record) && child.kill('SIGKILL')) });
      if (last?.code !== 0) last = await go(rough);
      expect(last.code, last.stderr).toBe(0);
      expect(outcome(rough)).toEqual(outcome(calm));
      // what was under way when a process was killed is all that is asked again
      expect(server.asked.length).toBeLessThanOrEqual(2 * asked + 3 * 2 * 2);
    }));
});
