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
  expect(recipes.map(({ stages }) => stages.map(({ name }) => name))).toEqual([
    ['sft', 'reward', 'ppo', 'orpo'],
    ['answers-1', 'round-1', 'answers-2', 'round-2', 'answers-3', 'round-3'],
    ['feedback', 'orpo'],
  ]);
});
