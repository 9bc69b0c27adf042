import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { pairLosses } from './pair-forms.js';
import { preference } from './preference.js';
import { ratiosOf } from './scores.js';
import { betaSetting, nllSetting, nllWeightSetting } from './settings.js';

/** DPO with the likelihood of the chosen response, which keeps it from falling. */
export const rpo = defineMethod({
  name: 'rpo',
  formula: '-log σ(βh) + α NLL_w',
  source: 'arXiv 2404.19733',
  use: 'DPO where answers must stay exact: mathematics, code.',
  shape: 'pair',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1), alpha: nllWeightSetting(1), nll: nllSetting() }).prefault({}),
  loss(policy, reference, { beta, alpha }) {
    const losses = pairLosses(ratiosOf(policy, reference, 'sum'), { form: 'logistic', beta });
    return preference(policy, reference, { losses, beta, nllWeight: alpha });
  },
});
