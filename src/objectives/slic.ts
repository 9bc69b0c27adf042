import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';

/** Sequence likelihood calibration: a hinge on log-probs, and the likelihood of the chosen response. */
export const slic = defineMethod({
  name: 'slic',
  formula: 'max(0, δ - lp_w + lp_l) - λ lp_w',
  source: 'arXiv 2305.10425',
  use: 'A simple baseline without reference.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      delta: z.number().min(0).default(1).describe('Margin of log-probs that is enough'),
      lambda: z
        .number()
        .min(0)
        .default(0.1)
        .describe('Weight of the likelihood of the chosen response, a sum over its tokens'),
    })
    .prefault({}),
  loss(policy, _reference, { delta, lambda }) {
    const scores = scoresOf(policy, 'sum');
    const losses = pairLosses(scores, { form: 'hinge', beta: 1, margin: delta }).sub(scores.select(1, 0).mul(lambda));
    return preference(policy, undefined, { losses, beta: 1 });
  },
});
