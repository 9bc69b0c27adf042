import type { ForestOptions } from '../data/forest.js';
import type { Tree } from '../data/tree.js';
import type { CausalLM } from '../models/causal-lm.js';
import type { BoundObjective, BranchScores, StepTotals } from '../objectives/objective.js';
import { rewardForest } from '../scoring/reward-forest.js';
import { scoreForest } from '../scoring/score-forest.js';
import { type Scorer, scoreAll, scoreTrees } from '../scoring/score-trees.js';
import { stepTotals } from '../scoring/step-totals.js';
import { noGrad } from '../torch/index.js';
import { mismatchedTrees } from './mismatched.js';

export interface FrameSettings {
  readonly microTokens: number;
  /** The frozen model, for objectives that compare with one. */
  readonly reference?: Scorer | undefined;
  /** What the objective remembers of the steps before. */
  readonly memory?: readonly number[] | undefined;
}

/** One optimiser step, or one evaluation, as its objective sees it: everything counted over all its trees. */
export interface StepFrame {
  readonly memory: readonly number[];
  /** The policy's scores of some of the step's trees. */
  policy(part: readonly Tree[]): BranchScores;
  /** The reference's, without gradients. */
  reference(part: readonly Tree[]): BranchScores | undefined;
}

/** Counts a step and scores what its objective needs of the whole of it. Its tensors belong to the caller's scope. */
export function stepFrame(
  model: CausalLM,
  objective: BoundObjective,
  trees: readonly Tree[],
  { microTokens, reference, memory = objective.initialMemory }: FrameSettings,
): StepFrame {
  const { nll } = objective;
  const layout = layoutOf(objective);
  const own = scorerOf(model, objective);
  const other = objective.reference ? reference : undefined;
  const totals: StepTotals = { ...stepTotals(trees, nll), memory };
  const strangers = objective.mismatched ? mismatchedTrees(trees) : [];
  const totalsOf = (score: Scorer): StepTotals => {
    if (strangers.length === 0) return totals;
    const { sums, tokens } = scoreAll(
      score,
      strangers,
      { nll: 'response' },
      stepTotals(strangers, 'response'),
      microTokens,
    );
    return { ...totals, mismatched: { sums, tokens } };
  };
  const policyTotals = totalsOf(own);
  const referenceTotals = other && totalsOf(other);
  return {
    memory,
    policy: (part) => scoreTrees(own, part, layout, policyTotals),
    reference: (part) => other && referenceTotals && noGrad(() => scoreTrees(other, part, layout, referenceTotals)),
  };
}

/** What of a model an objective reads. */
export function scorerOf(model: CausalLM, { reads }: Pick<BoundObjective, 'reads'>): Scorer {
  const score = reads === 'reward' ? rewardForest : scoreForest;
  return (_trees, forest, step) => score(model, forest, step);
}

/** How an objective wants trees laid out. */
export function layoutOf({ nll, reads }: Pick<BoundObjective, 'nll' | 'reads'>): ForestOptions {
  return { nll, whole: reads === 'reward' };
}

/** The same scores, for an objective that now remembers something else. */
export function remembering<S extends BranchScores | undefined>(scores: S, memory: readonly number[]): S {
  return scores === undefined ? scores : { ...scores, step: { ...scores.step, memory } };
}
