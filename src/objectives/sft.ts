import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { negativeLogLikelihood } from './likelihood.js';

export const sftConfig = z.strictObject({
  nll: z
    .enum(['full', 'response'])
    .default('response')
    .describe('Tokens learnt: prompt and response (full) or the response alone'),
});

/** Supervised fine-tuning: the mean negative log-likelihood per token of prompt and response, or of the response. */
export const sft = defineMethod({
  name: 'sft',
  formula: '-Σ log p(token) / tokens',
  source: 'maximum likelihood',
  use: 'Demonstrations without anything to compare them with.',
  shape: 'text',
  reference: false,
  config: sftConfig.prefault({}),
  loss(policy) {
    const loss = negativeLogLikelihood(policy);
    const response = policy.sums.select(1, 0).div(policy.tokens.select(1, 0)).sum().div(policy.step.trees);
    return { loss, metrics: { loss, nll_loss: loss, 'logps/chosen': response } };
  },
});
