import { z } from 'zod';
import { moments, penalisedRewards, spread } from './advantages.js';
import { defineSampling } from './define-online.js';
import { byResponse } from './policy-terms.js';

const config = z
  .strictObject({
    kl: z.number().min(0).default(0.05).describe('Weight of the divergence from the reference in the reward'),
    decay: z.number().min(0).lt(1).default(0.9).describe('How slowly the baseline follows the mean reward'),
  })
  .prefault({});

/**
 * REINFORCE (Williams 1992) with a running mean of the rewards as baseline: -A Σ log π of each response, a mean over
 * responses, A = r - kl KL - baseline. The baseline of an update is that of the updates before it; the first update's own
 * mean begins it.
 */
export const reinforce = defineSampling({
  name: 'reinforce',
  formula: '-A Σ log π, A = r - KL - running mean',
  source: 'Williams 1992; arXiv 2309.00267',
  use: 'The plainest policy gradient, one response a prompt; what RLAIF was done with.',
  config,
  defaults: { responses: 1, epochs: 1 },
  reference: ({ kl }) => kl > 0,
  credit(responses, memory, { kl, decay }) {
    const rewards = penalisedRewards(responses, kl);
    const { mean } = moments(rewards);
    const baseline = memory[0] ?? mean;
    return {
      credits: responses.map(({ logProbs }, i) => ({ advantages: spread((rewards[i] ?? 0) - baseline, logProbs) })),
      metrics: { baseline },
      memory: [decay * baseline + (1 - decay) * mean],
    };
  },
  loss(scores) {
    const { logProbs, before, lengths, update } = scores;
    const advantages = byResponse(before.advantages, scores).div(lengths);
    const loss = byResponse(logProbs, scores).mul(advantages).sum().neg().div(update.responses);
    return { loss, metrics: { loss, policy_loss: loss } };
  },
});
