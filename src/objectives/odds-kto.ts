import { z } from 'zod';
import { zeros } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import { byLabel, labelled } from './labelled.js';
import { scoresOf } from './scores.js';
import { betaSetting, desirableSettings } from './settings.js';

/** KTO on ORPO's log-odds: thumbs up and down without a reference. */
export const oddsKto = defineMethod({
  name: 'odds-kto',
  formula: 'liked λ_D(1 - σ(β(o - z))), disliked λ_U(1 - σ(β(z - o))), o = logit(exp(l̄p)), z = mean o of mismatched',
  source: 'ours',
  use: 'Thumbs up and down when a reference does not fit into memory.',
  shape: 'labelled',
  reference: false,
  mismatched: true,
  config: z.strictObject({ beta: betaSetting(1), ...desirableSettings }).prefault({}),
  loss(policy, _reference, { beta, desirableWeight, undesirableWeight }) {
    const { mismatched } = policy.step;
    const level = mismatched ? scoresOf(mismatched, 'odds').mean().detach() : zeros([], { device: policy.sums.device });
    const above = scoresOf(policy, 'odds').select(1, 0).sub(level).mul(beta);
    const liked = above.neg().sigmoid().mul(desirableWeight);
    const losses = byLabel(policy, liked, above.sigmoid().mul(undesirableWeight));
    const share = policy.sums.size(0) / policy.step.trees;
    return labelled(policy, undefined, { losses, beta, logged: 'mean', metrics: { level: level.mul(share) } });
  },
});
