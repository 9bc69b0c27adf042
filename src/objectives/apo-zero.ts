import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Anchored preference optimisation: chosen up, rejected down, each against the reference. */
export const apoZero = defineMethod({
  name: 'apo_zero',
  formula: '1 - σ(r_w) + σ(r_l), r = β(lp - ref)',
  source: 'arXiv 2408.06266',
  use: 'Chosen responses better than what the model writes now.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum').mul(beta));
    const losses = chosen.neg().sigmoid().add(rejected.sigmoid());
    return preference(policy, reference, { losses, beta });
  },
});
