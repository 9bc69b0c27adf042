import { z } from 'zod';
import { ones, type Tensor } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import type { BranchScores } from './objective.js';

/**
 * A reward model from comparisons (Bradley and Terry; arXiv 2203.02155, eq. 1): each response's reward is read by a scalar
 * head from its last token, and over all pairs of a prompt of which one response is better, 1 / pairs each,
 *
 *   L = -p log σ(r_w - r_l - margin) - (1 - p) log σ(r_l - r_w + margin) + center (r_w + r_l)²
 *
 * where p is 1 but for rows that say how sure their preference is.
 */
export const reward = defineMethod({
  name: 'reward',
  formula: '-log σ(r_w - r_l - m) + c (r_w + r_l)², r read by a scalar head',
  source: 'arXiv 2203.02155',
  use: 'The judge of RLHF: learns a score from comparisons, for PPO and its kin and for `orpo score --reward`.',
  shape: 'ranked',
  reads: 'reward',
  reference: false,
  config: z
    .strictObject({
      center: z.number().min(0).default(0).describe('Weight of (r_w + r_l)², which keeps rewards around 0'),
      margin: z.number().min(0).default(1).describe('Factor on the margins that rows give, if they do'),
    })
    .prefault({}),
  loss(policy, _reference, { center, margin }) {
    const { trees } = policy.step;
    const rewards = policy.sums;
    const better = rewards.unsqueeze(2);
    const worse = rewards.unsqueeze(1);
    const difference = better.sub(worse);
    const shares = pairShares(policy);
    const perPair = (values: Tensor): Tensor => values.mul(shares).sum().div(trees);
    const gap = policy.margins === undefined ? difference : difference.sub(perTree(policy.margins).mul(margin));
    const right = gap.neg().softplus();
    const losses =
      policy.confidence === undefined
        ? right
        : right.mul(perTree(policy.confidence)).add(gap.softplus().mul(perTree(policy.confidence).neg().add(1)));
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
  },
});

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
      ? ones([trees, width, width]).triu({ diagonal: 1 })
      : grades.unsqueeze(2).gt(grades.unsqueeze(1)).toDtype('float32');
  return counts.div(counts.sumDim([1, 2], { keepdim: true }).clamp({ min: 1 }));
}
