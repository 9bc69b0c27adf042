import type { ForestBatch } from '../data/forest.js';
import type { CausalLM } from '../models/causal-lm.js';
import type { BranchScores, StepTotals } from '../objectives/objective.js';
import { fromIndices, fromTypedArray, zeros } from '../torch/index.js';
import { predictedLogProbs, predictingStates } from './score-tokens.js';

/** Runs the model over a forest once and sums the log-probs of every segment: `[T, K]` with the step's K. */
export function scoreForest(model: CausalLM, forest: ForestBatch, step: StepTotals): BranchScores {
  const trees = forest.trees.length;
  const { device } = model.head.weight;
  const logProbs = predictedLogProbs(predictingStates(model, forest), model, forest);
  // [S + 1]: trunks and branches, tree by tree, and an empty one for the places of missing branches
  const none = forest.segmentCount;
  const sums = zeros([none + 1], { dtype: 'float32', device }).indexAdd(
    0,
    fromIndices(forest.segments, device),
    logProbs,
  );
  const places = branchPlaces(forest.branchCounts, forest.branchSegments, step.branches, none);
  const tokens = Float32Array.from(places, (segment) => forest.segmentTokens[segment] ?? 1);
  return {
    sums: sums.indexSelect(0, fromIndices(places, device)).view([trees, step.branches]),
    tokens: fromTypedArray(tokens, [trees, step.branches], { device }),
    trunkSums: sums.indexSelect(0, fromIndices(forest.trunkSegments, device)),
    step,
  };
}

/** `[T * K]`: what `ofBranch [B]` gives each branch, `none` where a tree has fewer than `K`. */
export function branchPlaces(branchCounts: Int32Array, ofBranch: Int32Array, width: number, none: number): Int32Array {
  const places = new Int32Array(branchCounts.length * width).fill(none);
  let from = 0;
  branchCounts.forEach((count, tree) => {
    places.set(ofBranch.subarray(from, from + count), tree * width);
    from += count;
  });
  return places;
}
