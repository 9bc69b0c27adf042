import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Binary classifier optimisation on pairs, without the running shift. */
export const bcoPair = defineMethod({
  name: 'bco_pair',
  formula: '-log σ(r_w) - log σ(-r_l), r = β(lp - ref)',
  source: 'arXiv 2404.04656',
  use: 'Part of a mixture (mpo) that looks at each response by itself.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'sum'), { form: 'pointwise', beta });
    return preference(policy, reference, { losses, beta });
  },
});
