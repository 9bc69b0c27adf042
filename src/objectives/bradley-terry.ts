import { ones, type Tensor } from '../torch/index.js';
import type { BranchScores, Contribution } from './objective.js';

export interface ComparisonTerms {
  /** Weight of (r_w + r_l)². */
  readonly center: number;
  /** Factor on the margins that rows give. */
  readonly margin: number;
}

/**
 * The loss of comparisons by rewards, a mean over the step's prompts, all pairs of one that have a better response
 * weighing alike: -p log σ(r_w - r_l - margin) - (1 - p) log σ(r_l - r_w + margin), p being 1 but for rows that say how
 * sure they are.
 */
export function bradleyTerry(policy: BranchScores, { center, margin }: ComparisonTerms): Contribution {
  const { trees } = policy.step;
  const better = policy.sums.unsqueeze(2);
  const worse = policy.sums.unsqueeze(1);
  const difference = better.sub(worse);
  const shares = pairShares(policy);
  const perPair = (values: Tensor): Tensor => values.mul(shares).sum().div(trees);
  const gap = policy.margins === undefined ? difference : difference.sub(perTree(policy.margins).mul(margin));
  const right = gap.neg().softplus();
  const sure = policy.confidence && perTree(policy.confidence);
  const losses = sure === undefined ? right : right.mul(sure).add(gap.softplus().mul(sure.neg().add(1)));
  const compared = perPair(losses);
  const loss = center === 0 ? compared : compared.add(perPair(better.add(worse).square()).mul(center));
  return {
    loss,
    metrics: {
      loss,
      'rewards/chosen': perPair(better),
      'rewards/rejected': perPair(worse),
      'rewards/margins': perPair(difference),
      'rewards/accuracies': perPair(difference.gt(0).toDtype('float32')),
    },
  };
}

/** `[T]` -> `[T, 1, 1]`. */
function perTree(values: Tensor): Tensor {
  return values.unsqueeze(1).unsqueeze(2);
}

/** `[T, K, K]`: where the response of the row is better than that of the column, one over such pairs of its tree. */
function pairShares({ grades, sums }: BranchScores): Tensor {
  const [trees = 0, width = 0] = sums.shape;
  // a comparison with NaN, the grade of what is missing, is false
  const counts =
    grades === undefined
      ? ones([trees, width, width], { device: sums.device }).triu({ diagonal: 1 })
      : grades.unsqueeze(2).gt(grades.unsqueeze(1)).toDtype('float32');
  return counts.div(counts.sumDim([1, 2], { keepdim: true }).clamp({ min: 1 }));
}
