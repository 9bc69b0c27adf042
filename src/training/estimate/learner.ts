import type { ForestOptions } from '../../data/forest.js';
import type { Tree } from '../../data/tree.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { BoundObjective, BranchScores, StepTotals } from '../../objectives/objective.js';
import type { BoundSampling, Sampled } from '../../objectives/online/online-method.js';
import { scoreTrees } from '../../scoring/score-trees.js';
import { stepTotals } from '../../scoring/step-totals.js';
import { ones, type Tensor, zeros } from '../../torch/index.js';
import { type Experience, tokenScores, updateTotals } from '../loops/experience.js';
import { layoutOf, scorerOf } from '../step-frame.js';

/** One pass as a method makes it: `loss` with gradients, `look` without what follows the scores. */
export interface Learner {
  /** How it lays trees out. */
  readonly layout: ForestOptions;
  /** Whether what learns writes text. */
  readonly writes: boolean;
  loss(model: CausalLM, trees: readonly Tree[]): Tensor;
  look(model: CausalLM, trees: readonly Tree[]): void;
}

/** An objective on the data's responses; what it compares with is zero. */
export function objectiveLearner(objective: BoundObjective): Learner {
  const layout = layoutOf(objective);
  const scores = (model: CausalLM, trees: readonly Tree[]): BranchScores => {
    const counted = stepTotals(trees, objective.nll);
    const none = { sums: zeros([trees.length, 1]), tokens: ones([trees.length, 1]) };
    const totals: StepTotals = {
      ...counted,
      memory: objective.initialMemory,
      ...(objective.mismatched ? { mismatched: none } : {}),
    };
    return scoreTrees(scorerOf(model, objective), trees, layout, totals);
  };
  return {
    layout,
    writes: objective.reads === 'log-probs',
    loss(model, trees) {
      const policy = scores(model, trees);
      const reference = objective.reference
        ? { ...policy, sums: zeros(policy.sums.shape), trunkSums: zeros(policy.trunkSums.shape) }
        : undefined;
      return objective.loss(policy, reference).loss;
    },
    look: (model, trees) => void scores(model, trees),
  };
}

/** A method that weighs tokens; every response is as good as any, and the reference says what the policy said. */
export function samplingLearner(method: BoundSampling, temperature: number, maxTokens: number): Learner {
  return {
    layout: { nll: 'response' },
    writes: true,
    loss(model, trees) {
      const experiences = trees.map((tree, group) => experienceOf(tree, group));
      const onlookers = { model, critic: undefined, temperature };
      return method.loss(tokenScores(experiences, onlookers, updateTotals(experiences, maxTokens))).loss;
    },
    look(model, trees) {
      const experiences = trees.map((tree, group) => experienceOf(tree, group));
      tokenScores(experiences, { model, critic: undefined, temperature }, updateTotals(experiences, maxTokens));
    },
  };
}

function experienceOf(tree: Tree, group: number): Experience {
  const none = tree.branches.map(({ ids }) => new Float32Array(ids.length));
  return {
    tree,
    // different, so that methods which compare find a pair
    rewards: tree.branches.map((_, branch) => branch),
    sampled: none.map((logProbs): Sampled => ({ group, reward: 0, logProbs, reference: logProbs })),
    credits: none.map((advantages) => ({ advantages })),
  };
}
