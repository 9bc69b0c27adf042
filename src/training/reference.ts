import type { LoraSet } from '../adapters/lora-set.js';
import type { Tree } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { OnFetchProgress } from '../files/progress.js';
import type { CausalLM } from '../models/causal-lm.js';
import { loadModel } from '../models/load-model.js';
import type { BoundObjective } from '../objectives/objective.js';
import { scoreForest } from '../scoring/score-forest.js';
import type { Scorer } from '../scoring/score-trees.js';
import { deviceOf } from '../torch/device.js';
import type { PrecisionChoice } from '../torch/engine/precision.js';
import { noGrad, type Tensor } from '../torch/index.js';
import { cachedReference } from './cached-reference.js';
import type { ReferenceStrategy, RunConfig } from './config.js';
import type { Effort } from './cost.js';
import { mismatchedTrees } from './mismatched.js';

/** The frozen model that a run compares with. */
export interface Reference {
  readonly strategy: ReferenceStrategy;
  /** Why that strategy, for people. */
  readonly why: string;
  readonly score: Scorer;
  /** What it took to compute log-probs beforehand; as when they were computed, where they were kept. */
  readonly effort?: Effort | undefined;
  /** Runs a forward pass of the frozen model; undefined where only its sums are kept. */
  readonly within?: ((body: (model: CausalLM) => Tensor) => Tensor) | undefined;
  dispose(): void;
}

export interface ReferenceParts {
  readonly config: RunConfig;
  readonly objective: Pick<BoundObjective, 'reference' | 'mismatched'>;
  readonly precision: PrecisionChoice;
  readonly lora: LoraSet | undefined;
  /** The policy as it is now, untrained. */
  readonly model: CausalLM;
  /** Responses are sampled on the way, so that nothing can be computed beforehand. */
  readonly fresh: boolean;
  /** The files of the model. */
  readonly modelPath: string;
  /** Every set of trees that will be scored together, in the order of the run. */
  batches(): AsyncIterable<readonly Tree[]>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnFetchProgress | undefined;
}

/** @throws OrpoError `config` when the method has no reference, or the strategy does not go with how it is trained */
export function chooseReference(
  config: Pick<RunConfig, 'method' | 'reference' | 'adapter' | 'data'>,
  objective: Pick<BoundObjective, 'reference'>,
  fresh: boolean,
): { readonly strategy: ReferenceStrategy; readonly why: string } | undefined {
  const { reference: wanted, method } = config;
  if (!objective.reference) {
    if (wanted === 'auto') return undefined;
    throw new OrpoError('config', `reference is ${wanted}, but ${method} compares with no reference.`, 'Leave it out.');
  }
  if (wanted === 'adapter' && config.adapter === undefined)
    throw new OrpoError(
      'config',
      'reference: adapter switches the adapter off, but all weights are trained.',
      'Use copy or cached, or train an adapter.',
    );
  if (wanted === 'cached' && fresh)
    throw new OrpoError(
      'config',
      `reference: cached is computed before training, but ${method} learns from responses it samples on the way.`,
      'Use copy, or train an adapter.',
    );
  const streamed = config.data.stream === true;
  if (wanted === 'cached' && streamed)
    throw new OrpoError(
      'config',
      'reference: cached is computed of all rows before training, but data.stream reads them on the way.',
      'Use reference: copy, or train an adapter.',
    );
  if (wanted !== 'auto') return { strategy: wanted, why: 'as configured' };
  if (config.adapter !== undefined) return { strategy: 'adapter', why: 'the adapter switched off is the reference' };
  if (fresh || streamed) return { strategy: 'copy', why: 'a second model, since all weights are trained' };
  return { strategy: 'cached', why: 'computed once, so that no second model is held' };
}

/**
 * Makes the reference of a run, if its method has one. It must be called before the policy is trained or restored.
 * All strategies give the same log-probs up to rounding.
 */
export async function openReference(parts: ReferenceParts): Promise<Reference | undefined> {
  const { config, objective, lora, model, fresh } = parts;
  const choice = chooseReference(config, objective, fresh);
  if (choice === undefined) return undefined;
  // without an adapter the untrained policy is the reference itself
  const off = <T>(body: () => T extends PromiseLike<unknown> ? never : T): T =>
    lora === undefined ? body() : lora.withDisabled(body);
  const frozen: Scorer = (_trees, forest, step) => off(() => scoreForest(model, forest, step));
  if (choice.strategy === 'adapter')
    return { ...choice, score: frozen, within: (body) => off(() => body(model)), dispose: () => {} };
  if (choice.strategy === 'cached') {
    const { modelPath, signal, onProgress } = parts;
    const { microTokens } = config.training;
    const { precision } = parts.precision;
    const trees = treesOf(parts);
    const { work } = model.store;
    const { device } = model.head.weight;
    const inputs = { frozen, modelPath, precision, device, microTokens, trees, work, signal, onProgress };
    return { ...choice, ...(await cachedReference(inputs)), dispose: () => {} };
  }
  const copy = await loadModel(config.model, {
    precision: parts.precision.precision,
    device: deviceOf(model.head.weight.device),
    work: model.store.work,
  });
  return {
    ...choice,
    score: (_trees, forest, step) => noGrad(() => scoreForest(copy.model, forest, step)),
    within: (body) => noGrad(() => body(copy.model)),
    dispose: () => copy.dispose(),
  };
}

async function* treesOf({ objective, batches }: ReferenceParts): AsyncGenerator<Tree> {
  for await (const batch of batches()) {
    yield* batch;
    if (objective.mismatched) yield* mismatchedTrees(batch);
  }
}
