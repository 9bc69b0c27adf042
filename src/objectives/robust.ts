import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting, labelSmoothingSetting } from './settings.js';

/** Robust DPO: unbiased when a known share of the labels is flipped. */
export const robust = defineMethod({
  name: 'robust',
  formula: '[-(1 - ε) log σ(βh) + ε log σ(-βh)] / (1 - 2ε)',
  source: 'arXiv 2403.00409',
  use: 'Pairs of which you know how many are mislabelled.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1), labelSmoothing: labelSmoothingSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta, labelSmoothing: epsilon }) {
    const ratios = ratiosOf(policy, reference, 'sum');
    const given = pairLosses(ratios, { form: 'logistic', beta });
    const flipped = pairLosses(ratios, { form: 'logistic', beta: -beta });
    const losses = given
      .mul(1 - epsilon)
      .sub(flipped.mul(epsilon))
      .div(1 - 2 * epsilon);
    return preference(policy, reference, { losses, beta });
  },
});
