import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { logistic } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** DiscoPOP: a blend of logistic and exponential loss, found by search. */
export const discopop = defineMethod({
  name: 'discopop',
  formula: '(1 - m)(-log σ(z)) + m exp(-z), z = βh, m = σ(z / τ)',
  source: 'arXiv 2406.08414',
  use: 'A variation of DPO to try when its results have levelled off.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      beta: betaSetting(0.1),
      tau: z.number().positive().default(0.05).describe('Width of the blend: small switches abruptly'),
    })
    .prefault({}),
  loss(policy, reference, { beta, tau }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum'));
    const z = chosen.sub(rejected).mul(beta);
    const blend = z.div(tau).sigmoid();
    const losses = logistic(z).mul(blend.neg().add(1)).add(z.neg().exp().mul(blend));
    return preference(policy, reference, { losses, beta });
  },
});
