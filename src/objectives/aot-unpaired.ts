import { z } from 'zod';
import { fromIndices, stack, type Tensor } from '../torch/index.js';
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
    const labels = labelsOf(policy);
    const { liked, trees } = policy.step;
    const disliked = trees - liked;
    const count = liked === 0 || disliked === 0 ? 0 : Math.max(liked, disliked);
    // the smaller side repeats its quantiles
    const side = (size: number, others: Tensor): Tensor => {
      const quantiles = Int32Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
      const sorted = ratios.maskedFill(others, Number.POSITIVE_INFINITY).sort({ dim: 0 }).values;
      return sorted.indexSelect(0, fromIndices(quantiles, ratios.device));
    };
    const sides = [side(liked, labels.eq(0)), side(disliked, labels.eq(1))];
    const losses = pairLosses(stack(sides, { dim: 1 }), { form: 'logistic', beta, labelSmoothing });
    return labelled(policy, reference, { losses: losses.mul(policy.step.trees / Math.max(1, count)), beta });
  },
});
