import { openTrainingSet } from '../../data/open-training-set.js';
import type { TrainingSet } from '../../data/training-set.js';
import type { OnFetchProgress } from '../../files/progress.js';
import { aboutModel, type ModelAbout } from '../../models/load-model.js';
import { readSizesOf } from '../../models/model-outline.js';
import { architectureOf } from '../../models/registry.js';
import { rewardConfig } from '../../models/reward-head.js';
import type { BoundOnline } from '../../objectives/online/online-method.js';
import { onlineMethods } from '../../objectives/online/registry.js';
import { methods } from '../../objectives/registry.js';
import { cpuFeatures } from '../../torch/engine/cpu.js';
import { choosePrecision, type PrecisionChoice } from '../../torch/engine/precision.js';
import { threads } from '../../torch/index.js';
import type { ReferenceStrategy, RunConfig } from '../config.js';
import { isOnline, planLoop } from '../loops/plan-loop.js';
import { Plan } from '../plan.js';
import { requirePositions } from '../position-limit.js';
import { chooseReference } from '../reference.js';
import { type Learner, objectiveLearner, samplingLearner } from './learner.js';
import { type ModelTrace, traceModel } from './model-trace.js';
import { offlinePasses } from './offline-passes.js';
import { onlinePasses } from './online-passes.js';
import type { PassModel, Planned } from './pass.js';

export interface OutlineOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnFetchProgress | undefined;
}

/** All of a run that is known before its weights are read. */
export interface RunOutline {
  readonly config: RunConfig;
  readonly about: ModelAbout;
  readonly precision: PrecisionChoice;
  readonly dataset: TrainingSet;
  readonly plan: Plan;
  readonly strategy: ReferenceStrategy | undefined;
  readonly critic: 'own' | 'shared' | undefined;
  /** A local reward model. */
  readonly judge: ModelAbout | undefined;
  readonly learner: Learner;
  readonly traces: Readonly<Record<PassModel, ModelTrace>>;
  /** What it will compute, in order. */
  passes(): Iterable<Planned>;
}

/** Reads configuration, data and the shapes of models. @throws OrpoError as a run would before its first update */
export async function outlineRun(config: RunConfig, options: OutlineOptions = {}): Promise<RunOutline> {
  const { signal, onProgress } = options;
  const loop = planLoop(config, { reward: () => 0 });
  const precision = choosePrecision(config.training.precision, cpuFeatures(), config.training.device === 'cuda');
  const found = await aboutModel(config.model, { signal, ...(onProgress === undefined ? {} : { onProgress }) });
  const about =
    loop.head === 'vocabulary'
      ? found
      : { ...found, config: rewardConfig(found.config, architectureOf(found.config), found.endIds) };
  if (config.training.threads !== undefined) threads(config.training.threads);
  const sizes = readSizesOf(about.config);
  const dataset = await openTrainingSet(loop.data({ model: { sizes } }), {
    tokenizer: about.tokenizer,
    template: about.template,
    bos: about.bos,
    shape: loop.shape,
    batch: config.training.batch,
    seed: config.training.seed,
    check: (trees) => requirePositions(sizes, trees),
    signal,
  });
  const plan = new Plan(dataset.batches, config.training);
  const { adapter } = config;
  const policy = traceModel(about.config, { adapter });
  const frozen = traceModel(about.config, { frozen: true });
  const common = { config, about, precision, dataset, plan };
  if (!isOnline(config)) {
    const objective = methods[config.method].bind(config.objective);
    const strategy = chooseReference(config, objective, false)?.strategy;
    const parts = { objective, strategy, plan, dataset, training: config.training };
    return {
      ...common,
      strategy,
      critic: undefined,
      judge: undefined,
      learner: objectiveLearner(objective),
      traces: { policy, frozen, critic: policy, judge: policy },
      passes: () => offlinePasses(parts),
    };
  }
  const method: BoundOnline = onlineMethods[config.method].bind(config.objective);
  const compares = method.kind === 'tokens' ? method.reference : method.objective.reference;
  const strategy = chooseReference(config, { reference: compares }, true)?.strategy;
  const { reward, rollout } = config;
  const judge = typeof reward === 'object' && reward.kind === 'reward' ? await aboutModel(reward.model) : undefined;
  const parts = { config, method, strategy, plan, dataset, positions: sizes.positions, judged: judge !== undefined };
  return {
    ...common,
    strategy,
    critic: method.kind === 'tokens' ? method.critic : undefined,
    judge,
    learner:
      method.kind === 'tokens'
        ? samplingLearner(method, rollout.temperature, rollout.maxTokens)
        : objectiveLearner(method.objective),
    traces: {
      policy,
      frozen,
      critic: policy,
      judge: judge === undefined ? frozen : traceModel(judge.config, { frozen: true }),
    },
    passes: () => onlinePasses(parts),
  };
}
