import { z } from 'zod';
import { groupsOf, leaveOneOut, penalisedRewards, spread } from './advantages.js';
import { defineSampling } from './define-online.js';
import { byResponse, clippedSurrogate } from './policy-terms.js';

const config = z
  .strictObject({
    kl: z.number().min(0).default(0.05).describe('Weight of the divergence from the reference in the reward'),
    clip: z.number().positive().default(0.2).describe('Farthest that a ratio of probabilities is rewarded from 1'),
  })
  .prefault({});

/**
 * REINFORCE leave-one-out (arXiv 2402.14740): a response's advantage is its reward, less the weighted divergence from the
 * reference, less the mean of the other responses to the prompt. The ratio is that of whole responses; means over them.
 */
export const rloo = defineSampling({
  name: 'rloo',
  formula: 'max(-A ρ, -A clip(ρ)), A = r_i - mean of the other r, ρ of whole responses',
  source: 'arXiv 2402.14740',
  use: 'No critic: several responses a prompt are one another’s baseline.',
  config,
  defaults: { responses: 4, epochs: 1 },
  leastResponses: 2,
  reference: ({ kl }) => kl > 0,
  credit(responses, memory, { kl }) {
    const advantages = leaveOneOut(penalisedRewards(responses, kl), groupsOf(responses));
    return {
      credits: responses.map(({ logProbs }, i) => ({ advantages: spread(advantages[i] ?? 0, logProbs) })),
      metrics: {},
      memory,
    };
  },
  loss(scores, { clip }) {
    const { logProbs, before, lengths, update } = scores;
    const difference = byResponse(logProbs.sub(before.logProbs), scores);
    const advantages = byResponse(before.advantages, scores).div(lengths);
    const { losses, clipped } = clippedSurrogate(difference.exp(), advantages, { low: clip, high: clip });
    const loss = losses.sum().div(update.responses);
    const share = 1 / update.responses;
    return {
      loss,
      metrics: {
        loss,
        policy_loss: loss,
        clip_fraction: clipped.sum().mul(share),
        approx_kl: difference
          .detach()
          .square()
          .sum()
          .mul(share / 2),
      },
    };
  },
});
