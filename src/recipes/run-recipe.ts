import { isAbort } from '../errors.js';
import { writeFileAtomic } from '../files/atomic.js';
import { readJson, writeJson } from '../files/json-file.js';
import { JsonlLog } from '../files/jsonl-log.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory, resetPeak } from '../torch/index.js';
import { recipeCard } from './card.js';
import { runSweep } from './compare/run-sweep.js';
import type { SweepEvent } from './compare/sweep-events.js';
import { comparePolicies, type PolicyMeasure } from './compare-policies.js';
import type { RecipeConfigInput } from './config.js';
import { parseRecipe, type Recipe } from './parse-recipe.js';
import { planRecipe, type RecipePlan } from './plan-recipe.js';
import { createRecipeFolder, openRecipeFolder, type RecipeFolder, recipeFolder } from './recipe-folder.js';
import { isFinished, type RecipeOptions, runStage, type StageEvent } from './run-stage.js';
import type { Stage } from './stage.js';
import { type RecipeSummary, summarise } from './summary.js';

/** Everything a recipe says while it goes on. */
export type RecipeEvent =
  | ({ readonly type: 'plan'; readonly recipe: string; readonly run: string } & RecipePlan)
  /** A stage begins, or goes on where it was. */
  | { readonly type: 'begin'; readonly stage: string; readonly method: string }
  | ({ readonly type: 'stage'; readonly stage: string } & StageEvent)
  | { readonly type: 'interrupted'; readonly stage: string }
  | ({ readonly type: 'result'; readonly run: string } & RecipeSummary)
  | SweepEvent;

/**
 * Goes through the stages of a recipe and tells what happens as it happens. The folder holds everything afterwards.
 *
 * @throws OrpoError as its stages do; what is wrong with the configuration or a file is said before the first begins
 */
export async function* runRecipe(
  config: RecipeConfigInput | Recipe['config'],
  options: RecipeOptions = {},
): AsyncGenerator<RecipeEvent, void> {
  const recipe = parseRecipe(config);
  const plan = await planRecipe(recipe);
  const folder = createRecipeFolder(recipe.config.output);
  writeJson(folder.config, recipe.config);
  yield { type: 'plan', recipe: recipe.config.recipe, run: folder.path, ...plan };
  yield* goThrough(recipe, folder, options);
}

/**
 * Goes on with a recipe that was stopped or killed: finished stages stay as they are, the one that was under way goes on
 * where it was. The outcome equals that of an uninterrupted one bit for bit.
 *
 * @throws OrpoError `run` when there is nothing to go on with, or configuration or data differ
 */
export async function* resumeRecipe(path: string, options: RecipeOptions = {}): AsyncGenerator<RecipeEvent, void> {
  const folder = openRecipeFolder(path);
  const recipe = savedRecipe(path, folder);
  const plan = await planRecipe(recipe, isFinished);
  yield { type: 'plan', recipe: recipe.config.recipe, run: folder.path, ...plan };
  yield* goThrough(recipe, folder, options);
}

/** The recipe of a folder, its stages where the folder is now. */
function savedRecipe(path: string, folder: RecipeFolder): Recipe {
  const saved = parseRecipe(readJson(folder.config), folder.config);
  // as it was written, where that is the same place: settings that are compared hold it
  const same = recipeFolder(saved.config.output).path === folder.path;
  return same ? saved : parseRecipe({ ...saved.config, output: path }, folder.config);
}

async function* goThrough(
  recipe: Recipe,
  folder: RecipeFolder,
  options: RecipeOptions,
): AsyncGenerator<RecipeEvent, void> {
  if (recipe.sweep !== undefined) {
    yield* runSweep(recipe.sweep, folder, options);
    return;
  }
  for (const stage of recipe.stages) {
    if (isFinished(stage)) continue;
    const method = stage.kind === 'train' ? stage.config.method : stage.kind;
    yield { type: 'begin', stage: stage.name, method };
    yield* timed(stage, folder, options);
    if (isFinished(stage)) continue;
    yield { type: 'interrupted', stage: stage.name };
    return;
  }
  let measures: readonly PolicyMeasure[];
  try {
    measures = await comparePolicies(recipe, options.signal);
  } catch (error) {
    if (!isAbort(error, options.signal)) throw error;
    yield { type: 'interrupted', stage: 'comparison' };
    return;
  }
  const summary = summarise(recipe, folder, measures);
  writeFileAtomic(folder.card, recipeCard(recipe.config, summary));
  writeJson(folder.summary, summary);
  yield { type: 'result', run: folder.path, ...summary };
}

/** Does a stage; whether it comes to its end or not, its time is noted. */
async function* timed(stage: Stage, folder: RecipeFolder, options: RecipeOptions): AsyncGenerator<RecipeEvent, void> {
  await ensureEngine({ install: false });
  const begun = performance.now();
  let peakBytes = 0;
  resetPeak();
  try {
    for await (const event of runStage(stage, options)) {
      if (event.kind === 'train' && 'peakBytes' in event.event) peakBytes = Math.max(peakBytes, event.event.peakBytes);
      yield { type: 'stage', stage: stage.name, ...event };
    }
  } catch (error) {
    if (!isAbort(error, options.signal)) throw error;
  } finally {
    const log = new JsonlLog(folder.timing);
    log.append({
      stage: stage.name,
      seconds: (performance.now() - begun) / 1000,
      peakBytes: Math.max(peakBytes, memory().peakBytes),
    });
    log.flush();
    log.close();
  }
}
