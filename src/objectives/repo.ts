import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';

/** RePO: SimPO as its sharpness goes to infinity, with one setting. */
export const repo = defineMethod({
  name: 'repo',
  formula: 'max(0, γ - (l̄p_w - l̄p_l))',
  source: 'arXiv 2503.07426',
  use: 'SimPO with one setting to tune.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({ gamma: z.number().positive().default(0.5).describe('Margin of mean log-probs that is enough') })
    .prefault({}),
  loss(policy, _reference, { gamma }) {
    const losses = pairLosses(scoresOf(policy, 'mean'), { form: 'hinge', beta: 1, margin: gamma });
    return preference(policy, undefined, { losses, beta: 1, logged: 'mean' });
  },
});
