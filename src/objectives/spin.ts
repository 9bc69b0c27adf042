import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';

/**
 * Self-play fine-tuning: a real answer against the model's own of the round before, which is the reference too. Where the
 * model writes as people do, the two cannot be told apart and nothing is left to learn.
 */
export const spin = defineMethod({
  name: 'spin',
  formula: '-log σ(λh), h = (lp_w - ref_w) - (lp_l - ref_l), y_w real, y_l from the reference',
  source: 'arXiv 2401.01335',
  use: 'More out of demonstrations alone; `recipe: spin` writes the pairs and plays the rounds.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      lambda: z.number().positive().default(0.1).describe('How near to the last round it stays: large, near'),
    })
    .prefault({}),
  loss(policy, reference, { lambda }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'sum'), { form: 'logistic', beta: lambda });
    return preference(policy, reference, { losses, beta: lambda });
  },
});
