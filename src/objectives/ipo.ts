import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';

/** Identity preference optimisation: the log-ratio is pulled to a finite target, so it cannot run away. */
export const ipo = defineMethod({
  name: 'ipo',
  formula: '(h - 1/(2τ))²',
  source: 'arXiv 2310.12036, eq. 17 (sum); its authors normalise by length (mean)',
  use: 'Few or nearly deterministic preferences, where DPO would over-fit.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      tau: z.number().positive().default(0.1).describe('Strength of the pull towards the reference'),
      score: z
        .enum(['sum', 'mean'])
        .default('mean')
        .describe("Log-ratios as sums over tokens (the paper) or means (its authors' code)"),
    })
    .prefault({}),
  loss(policy, reference, { tau, score }) {
    const point = { form: 'squared', beta: 1, margin: 1 / (2 * tau) } as const;
    const losses = pairLosses(ratiosOf(policy, reference, score), point);
    return preference(policy, reference, { losses, beta: tau });
  },
});
