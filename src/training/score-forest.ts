import type { ForestBatch } from '../data/forest.js';
import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { tokenLogProbs } from '../nn/token-log-probs.js';
import type { BranchScores, StepTotals } from '../objectives/objective.js';
import { fromIndices, fromTypedArray, zeros } from '../torch/index.js';

/** Runs the model over a forest once and sums the log-probs of every segment. Trees must have equally many branches. */
export function scoreForest(model: CausalLM, forest: ForestBatch, step: StepTotals): BranchScores {
  const trees = forest.trees.length;
  const positions = fromIndices(forest.positions);
  const hidden = model.hidden(fromIndices(forest.inputIds), new ForestAttention(forest.trees, positions));
  const logProbs = tokenLogProbs(
    hidden.indexSelect(0, fromIndices(forest.rows)),
    model.head,
    fromIndices(forest.targets),
  );
  // [S]: trunks and branches, tree by tree
  const sums = zeros([forest.segmentCount], { dtype: 'float32' }).indexAdd(0, fromIndices(forest.segments), logProbs);
  const branches = forest.branchSegments.length / trees;
  const branchTokens = Int32Array.from(forest.branchSegments, (segment) => forest.segmentTokens[segment] ?? 0);
  return {
    sums: sums.indexSelect(0, fromIndices(forest.branchSegments)).view([trees, branches]),
    tokens: fromTypedArray(branchTokens, [trees, branches]).toDtype('float32'),
    trunkSums: sums.indexSelect(0, fromIndices(forest.trunkSegments)),
    step,
  };
}
