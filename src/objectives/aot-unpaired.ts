import { z } from 'zod';
import { fromIndices, stack, toNumbers } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import { labelled, labelsOf } from './labelled.js';
import { pairLosses } from './pair-forms.js';
import { ratiosOf } from './scores.js';
import { betaSetting, labelSmoothingSetting } from './settings.js';

/** Optimal transport between the rewards of liked and disliked responses: quantile against quantile of the step. */
export const aotUnpaired = defineMethod({
  name: 'aot_unpaired',
  formula: '-(1 - ε) log σ(βd) - ε log σ(-βd), d = sort(lr of liked) - sort(lr of disliked), lr = lp - ref',
  source: 'arXiv 2406.05882',
  use: 'Thumbs up and down in large batches, without pairs.',
  shape: 'labelled',
  reference: true,
  coupled: true,
  config: z.strictObject({ beta: betaSetting(0.1), labelSmoothing: labelSmoothingSetting() }).prefault({}),
  loss(policy, reference, { beta, labelSmoothing }) {
    const ratios = ratiosOf(policy, reference, 'sum').select(1, 0);
    const labels = toNumbers(labelsOf(policy));
    const places = [1, 0].map((label) => labels.flatMap((one, at) => (one === label ? [at] : [])));
    const count = places.some(({ length }) => length === 0) ? 0 : Math.max(...places.map(({ length }) => length));
    // the smaller side repeats its quantiles
    const sides = places.map((side) => {
      const quantiles = Int32Array.from({ length: count }, (_, i) => Math.floor((i * side.length) / count));
      return ratios.indexSelect(0, fromIndices(side)).sort({ dim: 0 }).values.indexSelect(0, fromIndices(quantiles));
    });
    const losses = pairLosses(stack(sides, { dim: 1 }), { form: 'logistic', beta, labelSmoothing });
    return labelled(policy, reference, { losses: losses.mul(policy.step.trees / Math.max(1, count)), beta });
  },
});
