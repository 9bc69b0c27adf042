import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { logistic } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Noise contrastive alignment on pairs: absolute rewards, which keep the chosen log-prob up. */
export const nca = defineMethod({
  name: 'nca',
  formula: '-log σ(r_w) - ½ log σ(-r_w) - ½ log σ(-r_l), r = β(lp - ref)',
  source: 'arXiv 2402.05369',
  use: 'When DPO lowers the chosen responses too.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum').mul(beta));
    const pushed = logistic(chosen.neg()).add(logistic(rejected.neg())).mul(0.5);
    return preference(policy, reference, { losses: logistic(chosen).add(pushed), beta });
  },
});
