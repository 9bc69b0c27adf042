import { z } from 'zod';
import { toNumbers } from '../torch/index.js';
import { defineMethod } from './define-method.js';
import { byLabel, labelled } from './labelled.js';
import { logistic } from './pair-forms.js';
import { ratiosOf } from './scores.js';
import { betaSetting } from './settings.js';

/** Binary classifier optimisation: liked from disliked, shifted by the running mean of all rewards so far. */
export const bco = defineMethod({
  name: 'bco',
  formula: 'liked -log σ(r - δ), disliked -log σ(-(r - δ)), r = β(lp - ref), δ = mean of all r so far',
  source: 'arXiv 2404.04656',
  use: 'Thumbs up and down, many more of one kind than of the other.',
  shape: 'labelled',
  reference: true,
  config: z.strictObject({ beta: betaSetting(0.1) }).prefault({}),
  remember: {
    // mean of the rewards, and how many
    initial: [0, 0],
    update([mean = 0, count = 0], policy, reference, { beta }) {
      const rewards = toNumbers(ratiosOf(policy, reference, 'sum').mul(beta));
      const total = rewards.reduce((sum, reward) => sum + reward, mean * count);
      return [total / (count + rewards.length), count + rewards.length];
    },
  },
  loss(policy, reference, { beta }) {
    const [shift = 0] = policy.step.memory ?? [];
    const above = ratiosOf(policy, reference, 'sum').select(1, 0).mul(beta).sub(shift);
    const share = policy.sums.size(0) / policy.step.trees;
    const delta = above
      .detach()
      .onesLike()
      .mean()
      .mul(shift * share);
    const losses = byLabel(policy, logistic(above), logistic(above.neg()));
    return labelled(policy, reference, { losses, beta, metrics: { delta } });
  },
});
