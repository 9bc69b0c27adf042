import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { logistic } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** DPO with a penalty on length: longer chosen responses must be clearly better. */
export const rDpo = defineMethod({
  name: 'r-dpo',
  formula: '-log σ(βh - α(|y_w| - |y_l|))',
  source: 'arXiv 2403.19159',
  use: 'DPO when the model learns to ramble.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      beta: betaSetting(0.1),
      alpha: z.number().min(0).default(0.05).describe('Penalty of a token more in the chosen response'),
    })
    .prefault({}),
  loss(policy, reference, { beta, alpha }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum').mul(beta));
    const lengths = sidesOf(policy.tokens);
    const penalty = lengths.chosen.sub(lengths.rejected).mul(alpha);
    return preference(policy, reference, { losses: logistic(chosen.sub(rejected).sub(penalty)), beta });
  },
});
