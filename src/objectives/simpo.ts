import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';
import { betaSetting } from './settings.js';

/** SimPO: mean log-probs with a target margin, no reference. */
export const simpo = defineMethod({
  name: 'simpo',
  formula: '-log σ(β l̄p_w - β l̄p_l - γ)',
  source: 'arXiv 2405.14734',
  use: 'Chat on top of a good instruct model; small learning rates, 3e-7 to 1e-6.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      beta: betaSetting(2.5),
      gamma: z.number().min(0).default(1.25).describe('Margin by which the chosen response must win'),
    })
    .prefault({}),
  loss(policy, _reference, { beta, gamma }) {
    const losses = pairLosses(scoresOf(policy, 'mean'), { form: 'logistic', beta, margin: gamma });
    return preference(policy, undefined, { losses, beta, logged: 'mean' });
  },
});
