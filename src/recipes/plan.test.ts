import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../feedback/testing/tiny-model.js';
import { parseRecipe } from './parse-recipe.js';
import { planStages } from './plan.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
writeFileSync(at('prompts.txt'), 'One?\nTwo?\n\nThree?\n');
writeFileSync(at('demos.jsonl'), '{"prompt": "a", "completion": "b"}\n'.repeat(25));
writeFileSync(at('rule.mjs'), 'export default () => 1;\n');

const rlaif = {
  recipe: 'rlaif',
  model: 'base',
  data: { prompts: at('prompts.txt') },
  feedback: { judge: { kind: 'rule', module: at('rule.mjs') } },
  policy: { training: { maxSteps: 7 } },
  output: at('out'),
};

it('counts rows and updates where they are known, and says who judges', async () => {
  expect(await planStages(parseRecipe(rlaif).stages)).toMatchObject([
    { stage: 'feedback', method: 'pairs', from: 'base', data: [at('prompts.txt')], rows: 3, judge: at('rule.mjs') },
    { stage: 'reward', method: 'reward', data: [at('out/01-feedback/pairs.jsonl')] },
    // plain text is no data to train on: the prompts come with their pairs
    { stage: 'ppo', data: [at('out/01-feedback/pairs.jsonl')], updates: 7, judge: at('out/02-reward/model') },
  ]);
  const spin = {
    recipe: 'spin',
    model: 'base',
    data: { demonstrations: at('demos.jsonl'), limit: 10 },
    output: at('out'),
  };
  const [answers, round] = await planStages(parseRecipe(spin).stages);
  expect(answers).toMatchObject({ method: 'generate', rows: 10 });
  expect(round).not.toHaveProperty('updates');
  const rlhf = {
    recipe: 'rlhf',
    model: 'base',
    data: { demonstrations: at('demos.jsonl'), pairs: at('demos.jsonl'), eval: '20%' },
    training: { batch: 8, epochs: 2 },
    output: at('out'),
  };
  expect((await planStages(parseRecipe(rlhf).stages)).map(({ rows, updates }) => [rows, updates])).toEqual([
    [25, 6],
    [25, 6],
    [25, 6],
  ]);
});

it.each([
  ['prompts', { ...rlaif, data: { prompts: at('none.jsonl') } }],
  ['a rule', { ...rlaif, feedback: { judge: { kind: 'rule', module: at('none.jsonl') } } }],
  ['held-out rows', { ...rlaif, data: { ...rlaif.data, eval: at('none.jsonl') } }],
])('%s that are not there are missed before the first stage', async (_what, config) => {
  await expect(planStages(parseRecipe(config).stages)).rejects.toThrow('none.jsonl');
});

it('what is done needs its files no more', async () => {
  const { stages } = parseRecipe({ ...rlaif, data: { prompts: at('none.jsonl') }, policy: { method: 'orpo' } });
  const [feedback] = await planStages(stages, ({ name }) => name === 'feedback');
  expect(feedback).not.toHaveProperty('rows');
});
