import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting, labelSmoothingSetting } from './settings.js';

/** DPO on per-token averages, as Tülu 3 trains it. */
export const sigmoidNorm = defineMethod({
  name: 'sigmoid_norm',
  formula: '-log σ(β(l̄r_w - l̄r_l)), l̄r = (lp - ref) / length',
  source: 'arXiv 2411.15124',
  use: 'DPO when responses differ much in length; beta is larger then, 5 or so.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(5), labelSmoothing: labelSmoothingSetting() }).prefault({}),
  loss(policy, reference, { beta, labelSmoothing }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'mean'), { form: 'logistic', beta, labelSmoothing });
    return preference(policy, reference, { losses, beta });
  },
});
