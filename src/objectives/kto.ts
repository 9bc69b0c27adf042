import { z } from 'zod';
import { zeros } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import { byLabel, labelled } from './labelled.js';
import { ratiosOf } from './scores.js';
import { betaSetting, desirableSettings } from './settings.js';

/** Kahneman-Tversky optimisation: single thumbs up and down, judged against how far the policy has moved. */
export const kto = defineMethod({
  name: 'kto',
  formula: 'liked λ_D(1 - σ(r - z)), disliked λ_U(1 - σ(z - r)), r = β(lp - ref), z = max(0, β KL)',
  source: 'arXiv 2402.01306',
  use: 'Thumbs up and down on single responses, after a supervised stage.',
  shape: 'labelled',
  reference: true,
  mismatched: true,
  config: z.strictObject({ beta: betaSetting(0.1), ...desirableSettings }).prefault({}),
  loss(policy, reference, { beta, desirableWeight, undesirableWeight }) {
    const { mismatched } = policy.step;
    const others = reference?.step.mismatched;
    // how much likelier the policy makes other examples' responses: an estimate of KL(policy || reference)
    const kl =
      mismatched && others
        ? mismatched.sums.sub(others.sums).mean().detach()
        : zeros([], { device: policy.sums.device });
    const above = ratiosOf(policy, reference, 'sum')
      .select(1, 0)
      .sub(kl.clamp({ min: 0 }))
      .mul(beta);
    const liked = above.neg().sigmoid().mul(desirableWeight);
    const losses = byLabel(policy, liked, above.sigmoid().mul(undesirableWeight));
    const share = policy.sums.size(0) / policy.step.trees;
    return labelled(policy, reference, { losses, beta, metrics: { kl: kl.mul(share) } });
  },
});
