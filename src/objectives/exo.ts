import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { logistic } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** EXO on pairs: the reverse KL between the policy's preference and the labels'. */
export const exo = defineMethod({
  name: 'exo',
  formula: 'q (log q - log(1 - ε)) + (1 - q)(log(1 - q) - log ε), q = σ(βh)',
  source: 'arXiv 2402.00856',
  use: 'When DPO spreads probability over too many answers.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      beta: betaSetting(0.1),
      labelSmoothing: z.number().gt(0).lt(0.5).default(1e-3).describe('Share of the labels taken to be wrong; above 0'),
    })
    .prefault({}),
  loss(policy, reference, { beta, labelSmoothing: epsilon }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum'));
    const z = chosen.sub(rejected).mul(beta);
    const right = z.sigmoid().mul(
      logistic(z)
        .neg()
        .sub(Math.log(1 - epsilon)),
    );
    const wrong = z
      .neg()
      .sigmoid()
      .mul(logistic(z.neg()).neg().sub(Math.log(epsilon)));
    return preference(policy, reference, { losses: right.add(wrong), beta });
  },
});
