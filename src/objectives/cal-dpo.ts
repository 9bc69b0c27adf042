import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { logistic } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Calibrated DPO: log-ratios take the scale of rewards, so the chosen one rises. */
export const calDpo = defineMethod({
  name: 'cal-dpo',
  formula: '-log σ(h) + (lr_w - 1/(2β))² + (lr_l + 1/(2β))², lr = lp - ref',
  source: 'arXiv 2412.14516',
  use: 'DPO when the size of rewards matters, not their order alone.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum'));
    const target = 1 / (2 * beta);
    const calibration = chosen.sub(target).square().add(rejected.add(target).square());
    return preference(policy, reference, { losses: logistic(chosen.sub(rejected)).add(calibration), beta });
  },
});
