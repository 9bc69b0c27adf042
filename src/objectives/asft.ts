import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { scoresOf } from './scores.js';
import { betaSetting, nllSetting } from './settings.js';

/** Aligned supervised fine-tuning: ORPO's odds, each response by itself. */
export const asft = defineMethod({
  name: 'asft',
  formula: 'NLL_w - λ[log σ(β o_w) + log σ(-β o_l)], o = logit(exp(l̄p))',
  source: 'arXiv 2409.10571',
  use: 'ORPO on noisy pairs whose two responses are both poor or both good.',
  shape: 'pair',
  reference: false,
  config: z
    .strictObject({
      lambda: z.number().min(0).default(1).describe('Weight of the odds term'),
      beta: betaSetting(1),
      nll: nllSetting(),
    })
    .prefault({}),
  loss(policy, _reference, { lambda, beta }) {
    const losses = pairLosses(scoresOf(policy, 'odds'), { form: 'pointwise', beta }).mul(lambda);
    return preference(policy, undefined, { losses, beta: lambda, logged: 'mean', nllWeight: 1 });
  },
});
