import type { Tensor } from '../torch/index.js';
import { negativeLogLikelihood } from './likelihood.js';
import type { BranchScores, Contribution } from './objective.js';
import { scoresOf, sidesOf } from './scores.js';

export interface PreferenceTerms {
  /** `[T]`: the loss of each pair. */
  readonly losses: Tensor;
  /** Factor that makes rewards of scores. */
  readonly beta: number;
  /** Whether the log-probs that are logged are sums or means. */
  readonly logged?: 'sum' | 'mean' | undefined;
  /** Weight of the negative log-likelihood of the chosen responses; without one it is neither computed nor logged. */
  readonly nllWeight?: number | undefined;
}

/**
 * The loss of pairs, a mean over the step's, plus the weighted likelihood, and what people watch: implicit rewards
 * (beta times log-prob, less the reference's where there is one), how often the chosen one is higher, log-probs.
 */
export function preference(
  policy: BranchScores,
  reference: BranchScores | undefined,
  { losses, beta, logged = 'sum', nllWeight = 0 }: PreferenceTerms,
): Contribution {
  const { trees } = policy.step;
  const mean = (values: Tensor): Tensor => values.sum().div(trees);
  const preferred = mean(losses);
  const nll = nllWeight === 0 ? undefined : negativeLogLikelihood(policy);
  const loss = nll === undefined ? preferred : preferred.add(nll.mul(nllWeight));
  const scores = scoresOf(policy, logged).detach();
  const rewards = (reference === undefined ? scores : scores.sub(scoresOf(reference, logged))).mul(beta);
  const { chosen, rejected } = sidesOf(rewards);
  const logps = sidesOf(scores);
  return {
    loss,
    metrics: {
      loss,
      ...(nll === undefined ? {} : { nll_loss: nll }),
      'rewards/chosen': mean(chosen),
      'rewards/rejected': mean(rejected),
      'rewards/margins': mean(chosen.sub(rejected)),
      'rewards/accuracies': mean(chosen.gt(rejected).toDtype('float32')),
      'logps/chosen': mean(logps.chosen),
      'logps/rejected': mean(logps.rejected),
    },
  };
}
