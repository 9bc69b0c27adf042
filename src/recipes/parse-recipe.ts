import { availableParallelism } from 'node:os';
import { nearest, OrpoError } from '../errors.js';
import { configError, valueAt } from '../training/config-error.js';
import { stepBudget, sweepStages } from './compare/budget.js';
import type { CompareConfig } from './compare/config.js';
import { layOutSweep, type Sweep } from './compare/lay-out.js';
import { recipeConfig, type StagedConfig } from './config.js';
import { rlaif } from './rlaif.js';
import { rlhf } from './rlhf.js';
import { spin } from './spin.js';
import type { Stage } from './stage.js';
import { StageList } from './stage-list.js';

/** A recipe with all it will do, stage after stage. */
export interface StagedRecipe {
  readonly config: StagedConfig;
  readonly stages: readonly Stage[];
  readonly sweep?: undefined;
}

/** A comparison: which of its cells go on is known only as it goes. */
export interface SweepRecipe {
  readonly config: CompareConfig;
  /** All it may train; none where the number of updates is counted from `budget.flops` at first. */
  readonly stages: readonly Stage[];
  readonly sweep: Sweep;
}

export type Recipe = StagedRecipe | SweepRecipe;

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
  if (config.recipe === 'compare') {
    const settled = settleThreads(config);
    const sweep = layOutSweep(settled, origin);
    const { steps } = settled.budget;
    const stages = steps === undefined ? [] : sweepStages(sweep, stepBudget(sweep, steps, origin));
    return { config: settled, stages, sweep };
  }
  const list = new StageList(config, origin);
  if (config.recipe === 'rlhf') rlhf(list, config, origin);
  else if (config.recipe === 'rlaif') rlaif(list, config, origin);
  else spin(list, config);
  return { config, stages: list.stages };
}

/** Workers have their share of the processor, wherever the recipe is gone on with: digits may depend on it. */
function settleThreads(config: CompareConfig): CompareConfig {
  const { workers, training } = config;
  if (workers === 1 || training.threads !== undefined) return config;
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  return { ...config, training: { ...training, threads } };
}

function unknownRecipe(name: unknown, origin: string): OrpoError {
  const near = typeof name === 'string' ? nearest(name, NAMES) : undefined;
  return new OrpoError(
    'config',
    `${origin}: "recipe" ${name === undefined ? 'is missing' : `is ${JSON.stringify(name)}, which is not known`}.`,
    near === undefined ? `Use one of ${NAMES.join(', ')}.` : `Did you mean "${near}"?`,
  );
}
