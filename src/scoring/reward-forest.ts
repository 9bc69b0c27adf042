import type { ForestBatch } from '../data/forest.js';
import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import type { BranchScores, StepTotals } from '../objectives/objective.js';
import { cat, fromIndices, fromTypedArray, zeros } from '../torch/index.js';
import { branchPlaces } from './score-forest.js';

/**
 * Runs a reward model over a forest once: `[T, K]` rewards, each read from the last token of its response. The forest
 * must hold whole branches.
 *
 * @throws OrpoError `internal` for a model without a scalar head
 */
export function rewardForest(model: CausalLM, forest: ForestBatch, step: StepTotals): BranchScores {
  if (model.score === undefined)
    throw new OrpoError('internal', 'A model without a scalar head was asked for rewards.', 'Please report this.');
  const trees = forest.trees.length;
  const { device } = model.head.weight;
  const attention = new ForestAttention(forest.trees, fromIndices(forest.positions, device));
  const hidden = model.hidden(fromIndices(forest.inputIds, device), attention);
  // [B, D]
  const ends = hidden.indexSelect(0, fromIndices(forest.branchEnds, device)).toDtype('float32');
  // [B], with a zero behind for the places of missing branches
  const scored = ends.matmul(model.score.value.transpose(0, 1));
  model.store.work.linear(ends, model.score.value, 1, scored);
  const rewards = cat([scored.squeeze(1), zeros([1], { dtype: 'float32', device })]);
  const branches = forest.branchEnds.length;
  const order = Int32Array.from({ length: branches }, (_, branch) => branch);
  const places = branchPlaces(forest.branchCounts, order, step.branches, branches);
  const tokens = Float32Array.from(places, (branch) => forest.segmentTokens[forest.branchSegments[branch] ?? -1] ?? 1);
  return {
    sums: rewards.indexSelect(0, fromIndices(places, device)).view([trees, step.branches]),
    tokens: fromTypedArray(tokens, [trees, step.branches], { device }),
    trunkSums: zeros([trees], { dtype: 'float32', device }),
    step,
  };
}
