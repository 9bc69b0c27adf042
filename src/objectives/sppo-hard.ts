import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { preference } from './preference.js';
import { ratiosOf, sidesOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Self-play preference optimisation with hard labels: log-ratios are pulled to fixed targets. */
export const sppoHard = defineMethod({
  name: 'sppo_hard',
  formula: '(lr_w - 1/(2β))² + (lr_l + 1/(2β))², lr = lp - ref',
  source: 'arXiv 2405.00675',
  use: "Rounds on the model's own samples.",
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  loss(policy, reference, { beta }) {
    const { chosen, rejected } = sidesOf(ratiosOf(policy, reference, 'sum'));
    const target = 1 / (2 * beta);
    const losses = chosen.sub(target).square().add(rejected.add(target).square());
    return preference(policy, reference, { losses, beta });
  },
});
