import { ones, type Tensor } from '../torch/index.js';
import type { BranchScores, Contribution } from './objective.js';

interface RankingTerms {
  readonly weight: number;
  /** The likelihood term, added as it is. */
  readonly nll: Tensor;
}

/**
 * The loss of rankings: over all pairs of one prompt of which one response is better, summed, a mean over the step's
 * trees. `scores [T, K]`; without grades the responses are in order, the best first. `loss(better, worse)` is
 * elementwise on `[T, K, K]`.
 */
export function ranking(
  policy: BranchScores,
  scores: Tensor,
  loss: (better: Tensor, worse: Tensor) => Tensor,
  { weight, nll }: RankingTerms,
): Contribution {
  const { trees } = policy.step;
  const better = scores.unsqueeze(2);
  const worse = scores.unsqueeze(1);
  const counts = comparable(policy);
  // a comparison with NaN, the grade of what is missing, is false
  const penalty = loss(better, worse).mul(counts).sum().div(trees);
  const total = nll.add(penalty.mul(weight));
  const right = better.detach().gt(worse.detach()).toDtype('float32').mul(counts);
  const pairs = counts.sumDim([1, 2]).clamp({ min: 1 });
  const best = scores.detach().select(1, 0);
  return {
    loss: total,
    metrics: {
      loss: total,
      nll_loss: nll,
      ranking_loss: penalty,
      'rewards/accuracies': right.sumDim([1, 2]).div(pairs).sum().div(trees),
      'logps/chosen': best.sum().div(trees),
    },
  };
}

/** `[T, K, K]`: 1 where the response of the row is better than that of the column. */
function comparable({ grades, sums }: BranchScores): Tensor {
  if (grades !== undefined) return grades.unsqueeze(2).gt(grades.unsqueeze(1)).toDtype('float32');
  const [trees = 0, width = 0] = sums.shape;
  return ones([trees, width, width], { device: sums.device }).triu({ diagonal: 1 });
}
