import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairForms, pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, scoreKinds } from './scores.js';
import { betaSetting, labelSmoothingSetting, nllSetting, nllWeightSetting } from './settings.js';

/** Any point of the grid that the named pair methods are points of, nameless ones too. */
export const grid = defineMethod({
  name: 'grid',
  formula: 'weight f(β(s_w - s_l) - margin) + nllWeight NLL_w, s a score, less the reference or not',
  source: 'ours; the named methods are its points',
  use: 'A combination that has no name.',
  shape: 'pair',
  reference: ({ reference }) => reference,
  config: z
    .strictObject({
      score: z.enum(scoreKinds).default('mean').describe('Log-prob of a response: sum, mean, or log-odds of the mean'),
      reference: z.boolean().default(false).describe('Subtract the scores of the frozen reference'),
      form: z.enum(pairForms).default('logistic').describe('Shape of the loss'),
      beta: betaSetting(1),
      margin: z.number().default(0).describe('By how much beta times the difference must exceed zero'),
      labelSmoothing: labelSmoothingSetting(),
      weight: z.number().min(0).default(1).describe('Weight of the preference term'),
      nllWeight: nllWeightSetting(0),
      nll: nllSetting(),
    })
    .prefault({}),
  loss(policy, reference, { score, weight, nllWeight, ...point }) {
    const losses = pairLosses(ratiosOf(policy, reference, score), point).mul(weight);
    const logged = score === 'sum' ? 'sum' : 'mean';
    return preference(policy, reference, { losses, beta: point.beta, logged, nllWeight });
  },
});
