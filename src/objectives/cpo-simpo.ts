import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';
import { betaSetting, nllSetting, nllWeightSetting } from './settings.js';

/** SimPO with CPO's likelihood term: steadier than either. */
export const cpoSimpo = defineMethod({
  name: 'cpo_simpo',
  formula: '-log σ(β l̄p_w - β l̄p_l - γ) + α NLL_w',
  source: 'arXiv 2401.08417 and 2405.14734',
  use: 'SimPO where it loses what the model knew.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      beta: betaSetting(10),
      gamma: z.number().min(0).default(5.4).describe('Margin by which the chosen response must win'),
      alpha: nllWeightSetting(0.05),
      nll: nllSetting(),
    })
    .prefault({}),
  loss(policy, _reference, { beta, gamma, alpha }) {
    const losses = pairLosses(scoresOf(policy, 'mean'), { form: 'logistic', beta, margin: gamma });
    return preference(policy, undefined, { losses, beta, logged: 'mean', nllWeight: alpha });
  },
});
