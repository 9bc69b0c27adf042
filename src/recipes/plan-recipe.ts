import { planSweep, type SweepPlan } from './compare/plan-sweep.js';
import type { Recipe } from './parse-recipe.js';
import { type PlannedStage, planStages } from './plan.js';
import type { Stage } from './stage.js';

/** What a recipe will do, before it does. */
export interface RecipePlan {
  readonly stages: readonly PlannedStage[];
  /** What is searched, of a comparison. */
  readonly comparison?: SweepPlan;
}

/**
 * What each stage of a recipe will do; every file is opened, so that a wrong path is met now.
 *
 * @param isDone what is done needs its files no more
 * @throws OrpoError `file` or `data` for a file that cannot be read, or does not suffice
 */
export async function planRecipe(recipe: Recipe, isDone?: (stage: Stage) => boolean): Promise<RecipePlan> {
  return recipe.sweep === undefined
    ? { stages: await planStages(recipe.stages, isDone) }
    : await planSweep(recipe.sweep);
}
