import type { LoraSet } from '../adapters/lora-set.js';
import type { Tree } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import { loadModel } from '../models/load-model.js';
import type { BoundObjective } from '../objectives/objective.js';
import type { PrecisionChoice } from '../torch/engine/precision.js';
import { noGrad } from '../torch/index.js';
import { cachedReference } from './cached-reference.js';
import type { ReferenceStrategy, RunConfig } from './config.js';
import { mismatchedTrees } from './mismatched.js';
import { scoreForest } from './score-forest.js';
import type { Scorer } from './score-trees.js';

/** The frozen model that a run compares with. */
export interface Reference {
  readonly strategy: ReferenceStrategy;
  /** Why that strategy, for people. */
  readonly why: string;
  readonly score: Scorer;
  dispose(): void;
}

export interface ReferenceParts {
  readonly config: RunConfig;
  readonly objective: BoundObjective;
  readonly precision: PrecisionChoice;
  readonly lora: LoraSet | undefined;
  /** The policy as it is now, untrained. */
  readonly policy: Scorer;
  /** The files of the model. */
  readonly modelPath: string;
  /** Every set of trees that will be scored together, in the order of the run. */
  batches(): Iterable<readonly Tree[]>;
  readonly signal?: AbortSignal | undefined;
}

/** @throws OrpoError `config` when the method has no reference, or the strategy needs an adapter that is not trained */
export function chooseReference(
  config: Pick<RunConfig, 'method' | 'reference' | 'adapter'>,
  objective: BoundObjective,
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
  if (wanted !== 'auto') return { strategy: wanted, why: 'as configured' };
  if (config.adapter !== undefined) return { strategy: 'adapter', why: 'the adapter switched off is the reference' };
  return { strategy: 'cached', why: 'computed once, so that no second model is held' };
}

/**
 * Makes the reference of a run, if its method has one. It must be called before the policy is trained or restored.
 * All strategies give the same log-probs up to rounding.
 */
export async function openReference(parts: ReferenceParts): Promise<Reference | undefined> {
  const { config, objective, lora, policy } = parts;
  const choice = chooseReference(config, objective);
  if (choice === undefined) return undefined;
  // without an adapter the untrained policy is the reference itself
  const frozen: Scorer = (...args) => (lora === undefined ? policy(...args) : lora.withDisabled(() => policy(...args)));
  if (choice.strategy === 'adapter') return { ...choice, score: frozen, dispose: () => {} };
  if (choice.strategy === 'cached') {
    const { modelPath, signal } = parts;
    const { microTokens } = config.training;
    const { precision } = parts.precision;
    const trees = treesOf(parts);
    const score = await cachedReference({ frozen, modelPath, precision, microTokens, trees, signal });
    return { ...choice, score, dispose: () => {} };
  }
  const copy = await loadModel(config.model, { precision: parts.precision.precision });
  return {
    ...choice,
    score: (_trees, forest, step) => noGrad(() => scoreForest(copy.model, forest, step)),
    dispose: () => copy.dispose(),
  };
}

function* treesOf({ objective, batches }: ReferenceParts): Generator<Tree> {
  for (const batch of batches()) {
    yield* batch;
    if (objective.mismatched) yield* mismatchedTrees(batch);
  }
}
