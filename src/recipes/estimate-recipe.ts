import { evalSource } from '../data/config.js';
import { type Estimate, estimateRun } from '../training/estimate/estimate-run.js';
import type { OutlineOptions } from '../training/estimate/run-outline.js';
import type { StagedRecipe } from './parse-recipe.js';
import type { Stage, TrainStage } from './stage.js';

/** What a recipe will take, so far as it can be known beforehand. */
export interface RecipeEstimate {
  readonly recipe: string;
  readonly stages: readonly { readonly stage: string; readonly estimate: Estimate }[];
  /** Stages that read what an earlier one writes, and those that judge. */
  readonly unknown: readonly string[];
  /** Sums over the stages that are known, evaluations and references included; the memory of the largest. */
  readonly seconds: number;
  readonly flops: number;
  readonly peakBytes: number;
}

/**
 * Estimates the stages whose data are there already; a model that an earlier stage makes has the shapes of its start.
 *
 * @throws OrpoError as `estimateRun` does
 */
export async function estimateRecipe(
  { config, stages }: StagedRecipe,
  options: OutlineOptions = {},
): Promise<RecipeEstimate> {
  const known: { readonly stage: string; readonly estimate: Estimate }[] = [];
  const unknown: string[] = [];
  for (const stage of stages) {
    if (stage.kind !== 'train' || filesOf(stage).some((file) => isMade(file, stages))) {
      unknown.push(stage.name);
      continue;
    }
    const model = isMade(stage.config.model, stages) ? config.model : stage.config.model;
    const estimate = await estimateRun({ ...judgedFrom(stage, stages, config.model), model }, options);
    known.push({ stage: stage.name, estimate });
  }
  const efforts = known.flatMap(({ estimate: { updates, evaluations, reference } }) => [
    updates,
    evaluations,
    ...(reference === undefined ? [] : [reference]),
  ]);
  return {
    recipe: config.recipe,
    stages: known,
    unknown,
    seconds: efforts.reduce((sum, { seconds }) => sum + seconds, 0),
    flops: efforts.reduce((sum, { flops }) => sum + flops, 0),
    peakBytes: known.reduce((most, { estimate }) => Math.max(most, estimate.peakBytes), 0),
  };
}

/** A reward model that an earlier stage makes has the shapes of the model it started from, whatever adapter it bears. */
function judgedFrom({ config }: TrainStage, stages: readonly Stage[], start: string): TrainStage['config'] {
  if (!('reward' in config) || typeof config.reward !== 'object' || config.reward.kind !== 'reward') return config;
  const { model, adapter, ...judge } = config.reward;
  const made = isMade(model, stages) || (adapter !== undefined && isMade(adapter, stages));
  return made ? { ...config, reward: { ...judge, model: start } } : config;
}

function filesOf({ config: { data } }: TrainStage): readonly string[] {
  const held = evalSource(data.eval);
  const trained = typeof data.train === 'string' ? [data.train] : data.train;
  return held !== undefined && 'file' in held ? [...trained, held.file] : trained;
}

/** Whether some stage of the recipe writes it. */
function isMade(path: string, stages: readonly Stage[]): boolean {
  return stages.some(({ config }) => path.startsWith(config.output));
}
