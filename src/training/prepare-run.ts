import { attachLora } from '../adapters/attach.js';
import type { LoraSet } from '../adapters/lora-set.js';
import { openTrainingSet } from '../data/open-training-set.js';
import type { TrainingSet } from '../data/training-set.js';
import type { CausalLM } from '../models/causal-lm.js';
import { type LoadedModel, loadModel } from '../models/load-model.js';
import { AdamW } from '../nn/adamw.js';
import type { Parameter } from '../nn/parameter.js';
import { openDevice } from '../torch/device.js';
import { cpuFeatures } from '../torch/engine/cpu.js';
import { choosePrecision, type PrecisionChoice } from '../torch/engine/precision.js';
import { spanOver, threads } from '../torch/index.js';
import type { RunConfig } from './config.js';
import type { TrainOptions } from './events.js';
import type { Loop, OpenedLoop } from './loops/loop.js';
import { planLoop } from './loops/plan-loop.js';
import { type MemoryPlan, planMemory, stepMemory } from './memory-budget.js';
import { Plan } from './plan.js';
import { requirePositions } from './position-limit.js';
import type { Reference } from './reference.js';
import type { RunFolder } from './run-folder.js';

/** A run with everything loaded, before its first update. */
export interface PreparedRun {
  readonly config: RunConfig;
  readonly loaded: LoadedModel;
  readonly lora: LoraSet | undefined;
  /** What the optimiser moves: the model's weights or its adapter's, and a critic's. */
  readonly trained: readonly Parameter[];
  readonly dataset: TrainingSet;
  /** The frozen model the method compares with, if it does. */
  readonly reference: Reference | undefined;
  readonly optimiser: AdamW;
  readonly plan: Plan;
  readonly memory: MemoryPlan;
  readonly precision: PrecisionChoice;
  readonly initialMemory: readonly number[];
  /** Begins to learn; what the method keeps of its own goes into the folder. */
  begin(folder: RunFolder): Loop;
  dispose(): Promise<void>;
}

/** Loads model and data, hangs the adapter, marks what is trained. */
export async function prepareRun(config: RunConfig, options: TrainOptions = {}): Promise<PreparedRun> {
  const { signal, onProgress } = options;
  const loop = planLoop(config, options);
  const device = await openDevice(config.training.device);
  const precision = choosePrecision(config.training.precision, cpuFeatures(), device !== 'cpu');
  // a frozen base is held in the precision of products; trained weights start from the checkpoint's own digits
  const loaded = await loadModel(config.model, {
    precision: config.adapter === undefined ? 'fp32' : precision.precision,
    head: loop.head,
    device,
    freshScore: { seed: config.training.seed },
    signal,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  let lora: LoraSet | undefined;
  let optimiser: AdamW | undefined;
  let opened: OpenedLoop | undefined;
  const dispose = async () => {
    optimiser?.dispose();
    await opened?.dispose();
    lora?.dispose();
    loaded.dispose();
  };
  try {
    if (config.training.threads !== undefined) threads(config.training.threads);
    const dataset = await spanOver('data', () =>
      openTrainingSet(loop.data(loaded), {
        tokenizer: loaded.tokenizer,
        template: loaded.template,
        bos: loaded.bos,
        shape: loop.shape,
        batch: config.training.batch,
        seed: config.training.seed,
        check: (trees) => requirePositions(loaded.model.sizes, trees),
        signal,
      }),
    );
    lora = config.adapter && attachLora(loaded.model.store, config.adapter, config.training.seed);
    const weights = trainedWeights(loaded.model, lora);
    const dtype = precision.precision === 'bf16' ? 'bfloat16' : 'float32';
    for (const parameter of weights) parameter.train(parameter === loaded.model.score ? 'float32' : dtype);
    const plan = new Plan(dataset.batches, config.training);
    const learning = await loop.open({ loaded, lora, dataset, plan, precision });
    opened = learning;
    const trained = [...weights, ...learning.critic];
    const { beta1, beta2, epsilon, weightDecay } = config.training;
    const moving = new AdamW(trained, { beta1, beta2, epsilon, weightDecay });
    optimiser = moving;
    const step = stepMemory(loaded.model, trained, dataset.sample, config.training.microTokens);
    const memory = planMemory(step, config.training.memory, loop.recomputes);
    loaded.model.recompute.layers = memory.recompute;
    return {
      config,
      loaded,
      lora,
      trained,
      dataset,
      reference: learning.reference,
      optimiser: moving,
      plan,
      memory,
      precision,
      initialMemory: learning.initialMemory,
      begin: (folder) => learning.begin({ folder, trained, optimiser: moving }),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** All weights, or those of the adapter and the scalar head of a reward model. */
function trainedWeights({ store, score }: CausalLM, lora: LoraSet | undefined): readonly Parameter[] {
  if (lora === undefined) return [...store.parameters.values()];
  return score === undefined ? lora.parameters : [...lora.parameters, score];
}
