import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseYaml } from '../../src/cli/load-config.js';
import { parseRecipe } from '../../src/recipes/parse-recipe.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/recipes.md'), 'utf8');

it('every recipe the page shows is accepted', () => {
  const recipes = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) =>
    parseRecipe(parseYaml(text, 'docs/recipes.md')),
  );
  const [comparison] = recipes.flatMap(({ sweep }) => sweep ?? []);
  const trials = comparison?.contenders.map(({ entry, points }) => [entry, points.length]);
  expect(trials).toEqual(['sft', 'orpo', 'simpo', 'dpo', 'grpo'].map((entry) => [entry, 9]));
  const staged = recipes.filter(({ sweep }) => sweep === undefined);
  expect(staged.map(({ stages }) => stages.map(({ name }) => name))).toEqual([
    ['sft', 'reward', 'ppo', 'orpo'],
    ['answers-1', 'round-1', 'answers-2', 'round-2', 'answers-3', 'round-3'],
    ['feedback', 'orpo'],
  ]);
});

it('the example of a comparison is accepted, and its search is equal', () => {
  const text = readFileSync(join(import.meta.dirname, '../../examples/compare.yaml'), 'utf8');
  const { sweep } = parseRecipe(parseYaml(text, 'examples/compare.yaml'));
  expect(new Set(sweep?.contenders.map(({ points }) => points.length))).toEqual(new Set([9]));
});
