import { nearest, OrpoError } from '../errors.js';
import { configError, valueAt } from '../training/config-error.js';
import { type RecipeConfig, recipeConfig } from './config.js';
import { rlaif } from './rlaif.js';
import { rlhf } from './rlhf.js';
import { spin } from './spin.js';
import type { Stage } from './stage.js';
import { StageList } from './stage-list.js';

/** A recipe with all it will do. */
export interface Recipe {
  readonly config: RecipeConfig;
  readonly stages: readonly Stage[];
}

const NAMES = recipeConfig.options.map(({ shape }) => shape.recipe.value);

/**
 * Fills in defaults, refuses what is unknown or out of range in any stage, and lays out the stages.
 *
 * @param origin what errors call the configuration: its file
 * @throws OrpoError `config` that names the key and, for a typo, the nearest known one
 */
export function parseRecipe(input: unknown, origin = 'recipe'): Recipe {
  const parsed = recipeConfig.safeParse(input);
  const [issue] = parsed.error?.issues ?? [];
  if (issue !== undefined) {
    if (issue.code === 'invalid_union' && issue.path.join('.') === 'recipe')
      throw unknownRecipe(valueAt(input, issue.path), origin);
    throw configError(issue, input, { origin, kinds: recipeConfig.options, page: 'docs/recipes.md' });
  }
  const config = recipeConfig.parse(input);
  const list = new StageList(config, origin);
  if (config.recipe === 'rlhf') rlhf(list, config, origin);
  else if (config.recipe === 'rlaif') rlaif(list, config, origin);
  else spin(list, config);
  return { config, stages: list.stages };
}

function unknownRecipe(name: unknown, origin: string): OrpoError {
  const near = typeof name === 'string' ? nearest(name, NAMES) : undefined;
  return new OrpoError(
    'config',
    `${origin}: "recipe" ${name === undefined ? 'is missing' : `is ${JSON.stringify(name)}, which is not known`}.`,
    near === undefined ? `Use one of ${NAMES.join(', ')}.` : `Did you mean "${near}"?`,
  );
}
