import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { divergences, divergent } from './divergence.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting, labelSmoothingSetting } from './settings.js';

/** Direct preference optimisation, with smoothed labels (cDPO) and other divergences than the reverse KL (f-DPO). */
export const dpo = defineMethod({
  name: 'dpo',
  formula: '-(1 - ε) log σ(βh) - ε log σ(-βh), h = (lp_w - ref_w) - (lp_l - ref_l)',
  source: 'arXiv 2305.18290; divergences: arXiv 2309.16240',
  use: 'The usual choice after a supervised stage, with many pairs.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      beta: betaSetting(0.1),
      labelSmoothing: labelSmoothingSetting(),
      divergence: z.enum(divergences).default('reverse-kl').describe('Distance kept to the reference'),
      alpha: z.number().gt(0).lt(1).default(0.5).describe('Order of the alpha divergence'),
    })
    .prefault({}),
  loss(policy, reference, { beta, labelSmoothing, divergence, alpha }) {
    const scores = divergent(ratiosOf(policy, reference, 'sum'), divergence, alpha);
    const losses = pairLosses(scores, { form: 'logistic', beta, labelSmoothing });
    return preference(policy, reference, { losses, beta });
  },
});
