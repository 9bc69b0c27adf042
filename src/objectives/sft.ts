import { z } from 'zod';
import { negativeLogLikelihood } from './likelihood.js';
import type { Objective } from './objective.js';

export const sftConfig = z.strictObject({
  nll: z
    .enum(['full', 'response'])
    .default('response')
    .describe('Tokens learnt: prompt and response (full) or the response alone'),
});
export type SftConfig = z.output<typeof sftConfig>;

/** Supervised fine-tuning: the mean negative log-likelihood per token of prompt and response, or of the response. */
export const sft: Objective<SftConfig> = {
  name: 'sft',
  shape: 'text',
  reference: false,
  loss(policy) {
    const loss = negativeLogLikelihood(policy);
    const response = policy.sums.select(1, 0).div(policy.tokens.select(1, 0)).sum().div(policy.step.trees);
    return { loss, metrics: { loss, nll_loss: loss, 'logps/chosen': response } };
  },
};
