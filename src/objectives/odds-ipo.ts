import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';
import { nllSetting } from './settings.js';

/** IPO's finite target for ORPO's log odds ratio, with ORPO's likelihood term. */
export const oddsIpo = defineMethod({
  name: 'odds-ipo',
  formula: 'NLL_w + λ(log OR - 1/(2τ))²',
  source: 'ours',
  use: 'ORPO on few or nearly deterministic preferences.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      tau: z.number().positive().default(0.5).describe('The log odds ratio is pulled to 1/(2 tau)'),
      lambda: z.number().min(0).default(0.1).describe('Weight of the odds-ratio term'),
      nll: nllSetting('full'),
    })
    .prefault({}),
  loss(policy, _reference, { tau, lambda }) {
    const point = { form: 'squared', beta: 1, margin: 1 / (2 * tau) } as const;
    const losses = pairLosses(scoresOf(policy, 'odds'), point).mul(lambda);
    return preference(policy, undefined, { losses, beta: lambda, logged: 'mean', nllWeight: 1 });
  },
});
