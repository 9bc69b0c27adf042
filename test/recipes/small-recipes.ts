import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { writeRows } from '../faults/small-run.js';
import { stories } from '../faults/stories.js';

const ROWS = 20;

/** Likes answers that say "e" often and little else. */
const RULE = 'export default (prompt, response) => (response.match(/e/g) ?? []).length - response.length / 100;\n';

/** What the recipes of a folder start from: a real model where there is one, else a random one with room for answers. */
export function startModel(folder: string): string {
  return stories ?? tinyModel(folder, 512);
}

/** Writes the data of all recipes and the rule that judges. */
export function writeData(folder: string): void {
  const made = Array.from({ length: 2 * ROWS }, (_, i) => ({
    prompt: `Question ${i}: what follows ${i * 7}?`,
    chosen: `After ${i * 7} comes ${i * 7 + 1}.`,
    rejected: `Well, ${'it may be '.repeat(1 + (i % 4))}${i}, who knows.`,
  }));
  writeRows(join(folder, 'forty.jsonl'), made);
  const rows = made.slice(0, ROWS);
  const demonstrations = rows.map(({ prompt, chosen }) => ({ prompt, completion: chosen }));
  writeRows(join(folder, 'pairs.jsonl'), rows);
  writeRows(join(folder, 'demonstrations.jsonl'), demonstrations);
  writeRows(
    join(folder, 'prompts.jsonl'),
    rows.map(({ prompt }) => ({ prompt })),
  );
  writeFileSync(join(folder, 'rule.mjs'), RULE);
}

const shared = {
  model: 'replaced',
  training: {
    batch: 4,
    microTokens: 256,
    learningRate: 1e-3,
    samples: 1,
    sampleTokens: 8,
    checkpointEvery: 2,
    precision: 'fp32',
    seed: 7,
  },
} as const;
const adapter = { rank: 4, alpha: 8 } as const;
const read = { eval: '20%', maxLength: 128 } as const;

/** Supervised training, a reward model and PPO, all of them adapters; ORPO of all weights beside it. */
export const smallRlhf = {
  recipe: 'rlhf',
  ...shared,
  adapter,
  data: { demonstrations: 'demonstrations.jsonl', pairs: 'pairs.jsonl', ...read },
  policy: { rollout: { maxTokens: 8 } },
  orpo: { adapter: false },
  output: 'recipe',
} as const satisfies RecipeConfigInput;

/** Two rounds of self-play. */
export const smallSpin = {
  recipe: 'spin',
  ...shared,
  data: { demonstrations: 'demonstrations.jsonl', ...read },
  sample: { maxTokens: 16, batch: 2 },
  output: 'recipe',
} as const satisfies RecipeConfigInput;

/** Responses judged by a rule, a reward model and PPO of all weights. */
export const smallRlaif = {
  recipe: 'rlaif',
  ...shared,
  data: { prompts: 'prompts.jsonl', ...read },
  feedback: { sample: { samples: 3, maxTokens: 12, batch: 6 }, judge: { kind: 'rule', module: './rule.mjs' } },
  policy: { rollout: { maxTokens: 8 } },
  output: 'recipe',
} as const satisfies RecipeConfigInput;

/** Three methods in twelve cells, half of which go to their end. */
export const smallCompare = {
  recipe: 'compare',
  ...shared,
  adapter,
  data: { pairs: 'forty.jsonl', validation: '20%', test: '20%', maxLength: 128 },
  training: { ...shared.training, threads: 1 },
  methods: { sft: {}, orpo: {}, dpo: { from: 'sft' } },
  sft: { training: { maxSteps: 3 } },
  learningRates: [1e-3, 3e-3],
  strengths: 1,
  seeds: 2,
  budget: { steps: 8 },
  halving: { eta: 2, rungs: 2 },
  output: 'recipe',
} as const satisfies RecipeConfigInput;
