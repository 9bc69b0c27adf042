import { z } from 'zod';
import { stack } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf, sidesOf } from './scores.js';
import { betaSetting, labelSmoothingSetting } from './settings.js';

/** Alignment by optimal transport: DPO on the step's margins after sorting them, policy's and reference's apart. */
export const aot = defineMethod({
  name: 'aot',
  formula: '-(1 - ε) log σ(βd) - ε log σ(-βd), d = sort(lp_w - lp_l) - sort(ref_w - ref_l)',
  source: 'arXiv 2406.05882',
  use: 'Large batches, when the distribution of margins matters more than each pair.',
  shape: 'pair',
  reference: true,
  coupled: true,
  config: z.strictObject({ beta: betaSetting(0.1), labelSmoothing: labelSmoothingSetting() }).prefault({}),
  loss(policy, reference, { beta, labelSmoothing }) {
    const margins = [policy, ...(reference === undefined ? [] : [reference])].map((scores) => {
      const { chosen, rejected } = sidesOf(scoresOf(scores, 'sum'));
      return chosen.sub(rejected).sort({ dim: 0 }).values;
    });
    const losses = pairLosses(stack(margins, { dim: 1 }), { form: 'logistic', beta, labelSmoothing });
    return preference(policy, reference, { losses, beta });
  },
});
