import type { ForestOptions } from '../../data/forest.js';
import { microBatches } from '../../data/order.js';
import type { TrainingSet } from '../../data/training-set.js';
import type { Tree } from '../../data/tree.js';
import type { BoundObjective } from '../../objectives/objective.js';
import type { ReferenceStrategy, RunConfig } from '../config.js';
import { mismatchedTrees } from '../mismatched.js';
import type { Plan } from '../plan.js';
import { layoutOf } from '../step-frame.js';
import { forestShape } from './forest-shape.js';
import type { Pass, PassModel, Planned } from './pass.js';

export interface OfflinePassParts {
  readonly objective: BoundObjective;
  readonly strategy: ReferenceStrategy | undefined;
  readonly plan: Plan;
  readonly dataset: Pick<TrainingSet, 'foretold' | 'eval'>;
  readonly training: RunConfig['training'];
}

/** Everything a run on the data's own responses computes, in the order of its plan. */
export function* offlinePasses(parts: OfflinePassParts): Generator<Planned> {
  const { plan, dataset, strategy, training } = parts;
  if (strategy === 'cached') yield* cachedPasses(parts);
  for (let step = 0; step < plan.steps; step++) yield* stepPasses(parts, dataset.foretold(step));
  if (dataset.eval.length > 0) yield* evaluationPasses(parts, evaluationsOf(plan.steps, training.evaluateEvery));
}

/** One before, one after, and those between. */
export function evaluationsOf(steps: number, every: number): number {
  return 2 + (every > 0 ? Math.ceil(steps / every) - 1 : 0);
}

/** One update on these trees. */
export function* stepPasses(
  { objective, strategy, training: { microTokens } }: Omit<OfflinePassParts, 'dataset' | 'plan'>,
  trees: readonly Tree[],
): Generator<Planned> {
  const layout = layoutOf(objective);
  const live = strategy !== undefined && strategy !== 'cached';
  const look = (model: PassModel, part: readonly Tree[], how: ForestOptions = layout): Pass => ({
    part: 'updates',
    model,
    kind: 'look',
    shape: forestShape(part, how),
    times: 1,
  });
  const parts = microBatches(trees, microTokens);
  if (objective.mismatched)
    for (const part of microBatches(mismatchedTrees(trees), microTokens)) {
      yield look('policy', part, { nll: 'response' });
      if (live) yield look('frozen', part, { nll: 'response' });
    }
  const ahead = parts.length > 1 && (objective.coupled || objective.initialMemory.length > 0);
  if (ahead)
    for (const part of parts) {
      yield look('policy', part);
      if (live) yield look('frozen', part);
    }
  for (const part of parts) {
    // the slopes of a coupled loss are known by then
    if (live && !(ahead && objective.coupled)) yield look('frozen', part);
    yield { ...look('policy', part), kind: 'learn', trees: part };
  }
  yield { micro: parts.length };
}

function* evaluationPasses(
  { objective, strategy, dataset, training: { microTokens } }: OfflinePassParts,
  times: number,
): Generator<Pass> {
  const live = strategy !== undefined && strategy !== 'cached';
  const layout = layoutOf(objective);
  const strangers = objective.mismatched ? mismatchedTrees(dataset.eval) : [];
  const looks = [
    ...microBatches(dataset.eval, microTokens).map((part) => forestShape(part, layout)),
    ...microBatches(strangers, microTokens).map((part) => forestShape(part, { nll: 'response' })),
  ];
  for (const shape of looks) {
    yield { part: 'evaluations', model: 'policy', kind: 'look', shape, times };
    if (live) yield { part: 'evaluations', model: 'frozen', kind: 'look', shape, times };
  }
}

/** Log-probs computed once of all that will be asked for. */
function* cachedPasses({ objective, plan, dataset, training }: OfflinePassParts): Generator<Pass> {
  const seen = new Map<Int32Array, Set<Int32Array>>();
  const found: Tree[] = [];
  const add = (trees: readonly Tree[]): void => {
    for (const tree of objective.mismatched ? [...trees, ...mismatchedTrees(trees)] : trees) {
      const known = seen.get(tree.trunk) ?? new Set<Int32Array>();
      if (tree.branches.every(({ ids }) => known.has(ids))) continue;
      for (const { ids } of tree.branches) known.add(ids);
      seen.set(tree.trunk, known);
      found.push(tree);
    }
  };
  for (let step = 0; step < plan.steps; step++) add(dataset.foretold(step));
  add(dataset.eval);
  for (const part of microBatches(found, training.microTokens))
    yield {
      part: 'reference',
      model: 'frozen',
      kind: 'look',
      shape: forestShape(part, { nll: 'response' }),
      times: 1,
    };
}
