import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Anchored preference optimisation that lowers both responses, the rejected one more. */
export const apoDown = defineMethod({
  name: 'apo_down',
  formula: 'σ(r_w) + 1 - σ(r_w - r_l), r = β(lp - ref)',
  source: 'arXiv 2408.06266',
  use: 'Chosen responses worse than what the model writes now.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum').mul(beta));
    const losses = chosen.sigmoid().add(rejected.sub(chosen).sigmoid());
    return preference(policy, reference, { losses, beta });
  },
});
