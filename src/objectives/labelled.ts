import type { Tensor } from '../torch/index.js';
import type { BranchScores, Contribution } from './objective.js';
import { scoresOf } from './scores.js';

/** `[T]`: 1 for a liked response, 0 for a disliked one. */
export function labelsOf({ labels, sums }: BranchScores): Tensor {
  // what nobody labelled is a demonstration
  return labels ?? sums.select(1, 0).detach().onesLike();
}

/** `[T]`: `liked` where the response was liked, `disliked` elsewhere. */
export function byLabel(policy: BranchScores, liked: Tensor, disliked: Tensor): Tensor {
  const labels = labelsOf(policy);
  return liked.mul(labels).add(disliked.mul(labels.neg().add(1)));
}

export interface LabelledTerms {
  /** `[T]`: the loss of each response. */
  readonly losses: Tensor;
  readonly beta: number;
  readonly logged?: 'sum' | 'mean' | undefined;
  readonly metrics?: Contribution['metrics'];
}

/** The loss of single labelled responses, a mean over the step's, and the rewards of liked and disliked ones. */
export function labelled(
  policy: BranchScores,
  reference: BranchScores | undefined,
  { losses, beta, logged = 'sum', metrics = {} }: LabelledTerms,
): Contribution {
  const { trees, liked } = policy.step;
  const loss = losses.sum().div(trees);
  const scores = scoresOf(policy, logged).detach().select(1, 0);
  const rewards = (reference === undefined ? scores : scores.sub(scoresOf(reference, logged).select(1, 0))).mul(beta);
  const labels = labelsOf(policy);
  const disliked = trees - liked;
  const ofLiked = (values: Tensor): Tensor => values.mul(labels).sum().div(liked);
  const ofDisliked = (values: Tensor): Tensor => values.mul(labels.neg().add(1)).sum().div(disliked);
  return {
    loss,
    // of responses that the step does not have there is nothing to say
    metrics: {
      loss,
      ...(liked === 0 ? {} : { 'rewards/chosen': ofLiked(rewards), 'logps/chosen': ofLiked(scores) }),
      ...(disliked === 0 ? {} : { 'rewards/rejected': ofDisliked(rewards), 'logps/rejected': ofDisliked(scores) }),
      ...(liked === 0 || disliked === 0 ? {} : { 'rewards/margins': ofLiked(rewards).sub(ofDisliked(rewards)) }),
      ...metrics,
    },
  };
}
