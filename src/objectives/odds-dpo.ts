import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting, labelSmoothingSetting, nllSetting, nllWeightSetting } from './settings.js';

/** ORPO's odds ratio against the reference's: DPO's loss on log-odds of mean log-probs. */
export const oddsDpo = defineMethod({
  name: 'odds-dpo',
  formula: '-log σ(β[log OR_θ - log OR_ref])',
  source: 'ours',
  use: 'DPO without its bias to length, still tied to a reference.',
  shape: 'pair',
  reference: true,
  config: z
    .strictObject({
      beta: betaSetting(1),
      labelSmoothing: labelSmoothingSetting(),
      alpha: nllWeightSetting(0),
      nll: nllSetting(),
    })
    .prefault({}),
  loss(policy, reference, { beta, labelSmoothing, alpha }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'odds'), { form: 'logistic', beta, labelSmoothing });
    return preference(policy, reference, { losses, beta, logged: 'mean', nllWeight: alpha });
  },
});
