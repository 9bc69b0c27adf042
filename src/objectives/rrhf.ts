import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { negativeLogLikelihood } from './likelihood.js';
import { ranking } from './ranking.js';
import { scoresOf } from './scores.js';

/** Rank responses to align human feedback: better responses are to be likelier, the best one is learnt. */
export const rrhf = defineMethod({
  name: 'rrhf',
  formula: 'NLL(best) + λ Σ max(0, l̄p_j - l̄p_i) over all pairs where i is better than j',
  source: 'arXiv 2304.05302',
  use: 'Several ranked responses a prompt.',
  shape: 'ranked',
  reference: false,
  config: z
    .strictObject({
      lambda: z.number().min(0).default(1).describe('Weight of the ranking term'),
      nll: z
        .enum(['full', 'response'])
        .default('response')
        .describe('Tokens learnt of the best response, or prompt too'),
    })
    .prefault({}),
  loss(policy, _reference, { lambda }) {
    const scores = scoresOf(policy, 'mean');
    return ranking(policy, scores, (better, worse) => worse.sub(better).relu(), {
      weight: lambda,
      nll: negativeLogLikelihood(policy),
    });
  },
});
