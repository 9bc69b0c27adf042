import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Hinge loss on DPO's log-ratios (SLiC with a reference). */
export const hinge = defineMethod({
  name: 'hinge',
  formula: 'max(0, 1 - βh)',
  source: 'arXiv 2309.06657',
  use: 'Like DPO, but pairs that are clearly right no longer pull.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'sum'), { form: 'hinge', beta, margin: 1 });
    return preference(policy, reference, { losses, beta });
  },
});
