import { attachLora } from '../adapters/attach.js';
import type { LoraSet } from '../adapters/lora-set.js';
import { type Dataset, loadDataset } from '../data/dataset.js';
import type { Tree } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { type LoadedModel, loadModel } from '../models/load-model.js';
import { AdamW } from '../nn/adamw.js';
import type { Parameter } from '../nn/parameter.js';
import type { BoundObjective } from '../objectives/objective.js';
import { methods } from '../objectives/registry.js';
import { cpuFeatures } from '../torch/engine/cpu.js';
import { choosePrecision, type PrecisionChoice, RUNS_ON_GPU } from '../torch/engine/precision.js';
import { threads } from '../torch/index.js';
import type { RunConfig } from './config.js';
import { Plan } from './plan.js';
import { chooseReference, openReference, type Reference } from './reference.js';
import { scoreForest } from './score-forest.js';

/** A run with everything loaded, before its first update. */
export interface PreparedRun {
  readonly config: RunConfig;
  readonly loaded: LoadedModel;
  readonly lora: LoraSet | undefined;
  readonly trained: readonly Parameter[];
  readonly dataset: Dataset;
  readonly objective: BoundObjective;
  /** The frozen model the method compares with, if it does. */
  readonly reference: Reference | undefined;
  readonly optimiser: AdamW;
  readonly plan: Plan;
  readonly precision: PrecisionChoice;
  dispose(): void;
}

/** Loads model and data, hangs the adapter, marks what is trained. */
export async function prepareRun(config: RunConfig, signal?: AbortSignal): Promise<PreparedRun> {
  const objective = methods[config.method].bind(config.objective);
  chooseReference(config, objective);
  requireCompany(config, objective);
  const precision = choosePrecision(config.training.precision, cpuFeatures(), RUNS_ON_GPU);
  // a frozen base is held in the precision of products; trained weights start from the checkpoint's own digits
  const loaded = await loadModel(config.model, {
    precision: config.adapter === undefined ? 'fp32' : precision.precision,
    head: objective.reads === 'reward' ? 'score' : 'vocabulary',
    seed: config.training.seed,
  });
  let lora: LoraSet | undefined;
  let optimiser: AdamW | undefined;
  let reference: Reference | undefined;
  const dispose = () => {
    optimiser?.dispose();
    reference?.dispose();
    lora?.dispose();
    loaded.dispose();
  };
  try {
    if (config.training.threads !== undefined) threads(config.training.threads);
    const dataset = await loadDataset(config.data, {
      tokenizer: loaded.tokenizer,
      template: loaded.template,
      bos: loaded.bos,
      shape: objective.shape,
      seed: config.training.seed,
      signal,
    });
    lora = config.adapter && attachLora(loaded.model.store, config.adapter, config.training.seed);
    const trained = trainedParameters(loaded.model, lora);
    const dtype = precision.precision === 'bf16' ? 'bfloat16' : 'float32';
    for (const parameter of trained) parameter.train(parameter === loaded.model.score ? 'float32' : dtype);
    const plan = new Plan(dataset.train, config.training);
    reference = await openReference({
      config,
      objective,
      precision,
      lora,
      policy: (_trees, forest, step) => scoreForest(loaded.model, forest, step),
      modelPath: loaded.path,
      batches: () => batchesOf(plan, dataset),
      signal,
    });
    const { beta1, beta2, epsilon, weightDecay } = config.training;
    optimiser = new AdamW(trained, { beta1, beta2, epsilon, weightDecay });
    return { config, loaded, lora, trained, dataset, objective, reference, optimiser, plan, precision, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** All weights, or those of the adapter and the scalar head of a reward model. */
function trainedParameters({ store, score }: CausalLM, lora: LoraSet | undefined): readonly Parameter[] {
  if (lora === undefined) return [...store.parameters.values()];
  return score === undefined ? lora.parameters : [...lora.parameters, score];
}

/** @throws OrpoError `config` when a method compares the examples of an update with one another, and there is one */
function requireCompany({ method, training }: RunConfig, { coupled, mismatched }: BoundObjective): void {
  if (training.batch > 1 || !(coupled || mismatched)) return;
  throw new OrpoError(
    'config',
    `training.batch is 1, but ${method} compares the examples of an update with one another.`,
    'Use a batch of at least 2; training.microTokens keeps memory small.',
  );
}

/** What is scored together: the trees of each update, and those of the evaluation. */
function* batchesOf(plan: Plan, dataset: Dataset): Generator<readonly Tree[]> {
  for (let step = 0; step < plan.steps; step++) yield plan.batch(step);
  yield dataset.eval;
}
