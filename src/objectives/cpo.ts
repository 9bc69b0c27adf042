import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';
import { betaSetting, labelSmoothingSetting, nllSetting, nllWeightSetting } from './settings.js';

/** Contrastive preference optimisation: DPO with a uniform reference, and the likelihood. */
export const cpo = defineMethod({
  name: 'cpo',
  formula: 'f(β(lp_w - lp_l)) + α NLL_w',
  source: 'arXiv 2401.08417',
  use: 'Translation and other tasks with one right answer; one model in memory.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      beta: betaSetting(0.1),
      alpha: nllWeightSetting(1),
      form: z.enum(['logistic', 'hinge']).default('logistic').describe('Shape of the loss'),
      labelSmoothing: labelSmoothingSetting(),
      nll: nllSetting(),
    })
    .prefault({}),
  loss(policy, _reference, { beta, alpha, form, labelSmoothing }) {
    const point = { form, beta, margin: form === 'hinge' ? 1 : 0, labelSmoothing };
    const losses = pairLosses(scoresOf(policy, 'sum'), point);
    return preference(policy, undefined, { losses, beta, nllWeight: alpha });
  },
});
