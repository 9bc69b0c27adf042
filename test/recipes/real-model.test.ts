import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FeedbackConfigInput } from '../../src/feedback/config.js';
import { answer, chatServer, longer } from '../../src/feedback/testing/chat-server.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { isBuilt } from '../faults/command-line.js';
import { inTemporaryFolder, leftovers, writeRows } from '../faults/small-run.js';
import { endEverywhere, go, outcome, polite, RECIPE, summary, workplace } from './interrupted-recipe.js';

/** `npm run soak:recipes` sets it: half an hour on two cores. */
const model = process.env.ORPO_RECIPES_MODEL;
const support = fileURLToPath(new URL('../../examples/support/train.jsonl', import.meta.url));
const alpaca = join(resolve(process.env.ORPO_DATA_DIR ?? '../shared/data'), 'alpaca-sft-demo.json');

const shared = {
  model: model ?? '',
  adapter: { rank: 16, alpha: 32 },
  training: { batch: 8, learningRate: 1e-4, maxSteps: 6, checkpointEvery: 2, samples: 2, seed: 11 },
  output: RECIPE,
} as const;
const read = { eval: '10%', maxLength: 384 } as const;
const longerTraining = { training: { maxSteps: 12 } } as const;
const sample = { samples: 3, maxTokens: 48, batch: 16 } as const;

const rlhf: RecipeConfigInput = {
  recipe: 'rlhf',
  ...shared,
  data: { demonstrations: 'demonstrations.jsonl', pairs: support, ...read },
  reward: longerTraining,
  policy: { rollout: { maxTokens: 48 } },
  orpo: longerTraining,
};
const spin: RecipeConfigInput = {
  recipe: 'spin',
  ...shared,
  data: { demonstrations: alpaca, limit: 64, ...read },
  sample: { maxTokens: 96, batch: 16 },
};
const rlaif = (judge: FeedbackConfigInput['judge'], policy: object): RecipeConfigInput => ({
  recipe: 'rlaif',
  ...shared,
  data: { prompts: 'prompts.jsonl', ...read },
  feedback: { sample, judge },
  policy,
});

describe.runIf(isBuilt && model !== undefined)(`recipes on ${model}, ended once in every stage`, () => {
  it.each<{ name: string; config: (url: string) => RecipeConfigInput; methods: string[] }>([
    { name: 'rlhf', config: () => rlhf, methods: ['sft', 'reward', 'ppo', 'orpo'] },
    { name: 'spin', config: () => spin, methods: ['generate', 'spin', 'generate', 'spin'] },
    {
      name: 'rlaif with a local judge',
      config: () => rlaif({ kind: 'model', model: shared.model }, { rollout: { maxTokens: 48 } }),
      methods: ['pairs', 'reward', 'ppo'],
    },
    {
      name: 'rlaif with an endpoint',
      config: (url) =>
        rlaif({ kind: 'endpoint', url, model: 'm', cache: 'answers', concurrency: 2 }, { method: 'orpo' }),
      methods: ['pairs', 'orpo'],
    },
  ])('$name', ({ config, methods }) =>
    inTemporaryFolder(async (folder) => {
      const server = await chatServer((response, { text }) => {
        setTimeout(() => answer(response, longer(text)), 50);
      });
      const rows = readFileSync(support, 'utf8')
        .trim()
        .split('\n')
        .slice(0, 64)
        .map((line) => JSON.parse(line));
      const place = (name: string): string => {
        const path = workplace(folder, name, config(server.url));
        writeRows(
          join(path, 'demonstrations.jsonl'),
          rows.map(({ prompt, chosen }) => ({ prompt, completion: chosen })),
        );
        writeRows(
          join(path, 'prompts.jsonl'),
          rows.map(({ prompt }) => ({ prompt })),
        );
        return path;
      };
      const calm = place('calm');
      const whole = await go(calm);
      expect(whole.code, whole.stderr).toBe(0);
      const { stages } = summary.parse(whole.last);
      expect(stages.map(({ method }) => method)).toEqual(methods);

      const rough = place('rough');
      const last = await endEverywhere(rough, stages, polite);
      expect(last.code, last.stderr).toBe(0);
      expect(outcome(rough)).toEqual(outcome(calm));
      expect(leftovers(join(rough, RECIPE))).toEqual([]);
      console.log(readFileSync(join(calm, RECIPE, 'README.md'), 'utf8').split('## Settings')[0]);
    }),
  );
});
