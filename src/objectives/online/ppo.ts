import { z } from 'zod';
import { divergence, generalisedAdvantages, moments, whitened } from './advantages.js';
import { defineSampling } from './define-online.js';
import type { Sampled } from './online-method.js';
import { orpoAuxiliarySetting, withOrpo } from './orpo-auxiliary.js';
import { clippedSurrogate } from './policy-terms.js';

const config = z
  .strictObject({
    kl: z.number().min(0).default(0.05).describe('Weight of the divergence from the reference, token by token'),
    klTarget: z
      .number()
      .positive()
      .optional()
      .describe('Divergence a response, in nats, that the weight is steered towards; without it the weight stays'),
    klHorizon: z.number().positive().default(10_000).describe('Responses over which the weight is steered'),
    gamma: z.number().min(0).max(1).default(1).describe('Discount of later rewards, per token'),
    lambda: z.number().min(0).max(1).default(0.95).describe('How far advantages look ahead'),
    clip: z.number().positive().default(0.2).describe('Farthest that a ratio of probabilities is rewarded from 1'),
    valueClip: z.number().positive().default(0.2).describe('Farthest that the critic moves in one rollout'),
    valueWeight: z.number().min(0).default(0.1).describe('Weight of the loss of the critic'),
    critic: z
      .enum(['own', 'shared'])
      .default('own')
      .describe('The critic has weights of its own (an adapter when one is trained), or a head on the policy'),
    orpo: orpoAuxiliarySetting,
  })
  .refine(({ kl, klTarget }) => kl > 0 || klTarget === undefined, {
    path: ['kl'],
    error: 'a weight of 0 stays 0, so klTarget could not steer it',
  })
  .prefault({});

/** The coefficient moves by at most this share of n / horizon (arXiv 1909.08593, 2.2). */
const STEER = 0.2;

/**
 * Proximal policy optimisation as in RLHF (arXiv 1707.06347, 2203.02155): token rewards -kl (log π - log π_ref) plus the
 * response's reward at its last token, advantages by GAE and whitened, and with ρ = π / π_old
 *
 *   L = max(-A ρ, -A clip(ρ, 1 ± ε)) + c ½ max((V - R)², (clip(V, V_old ± ε_v) - R)²),
 *
 * means over the update's tokens. The critic is one with weights of its own, which starts from an expectation of 0.
 */
export const ppo = defineSampling({
  name: 'ppo',
  formula: 'max(-A ρ, -A clip(ρ)) + c ½ max((V - R)², (clip(V) - R)²), A by GAE, reward - KL',
  source: 'arXiv 1707.06347, 2203.02155',
  use: 'The third stage of RLHF: a reward model or function, a critic, and steps that stay close to the last policy.',
  config,
  defaults: { responses: 1, epochs: 4 },
  reference: ({ kl }) => kl > 0,
  critic: ({ critic }) => critic,
  compares: ({ orpo }) => orpo > 0,
  initialMemory: ({ kl }) => [kl],
  credit(responses, memory, settings) {
    const weight = memory[0] ?? settings.kl;
    const estimates = responses.map((response) =>
      generalisedAdvantages(tokenRewards(response, weight), response.values ?? [], settings),
    );
    const advantages = whitened(estimates.map((estimate) => estimate.advantages));
    const divergences = responses.map(divergence);
    return {
      credits: estimates.map(({ returns }, i) => ({
        advantages: advantages[i] ?? new Float32Array(),
        returns: Float32Array.from(returns),
      })),
      metrics: {
        kl_weight: weight,
        explained_variance: explained(
          responses,
          estimates.map(({ returns }) => returns),
        ),
      },
      memory: [steered(weight, moments(divergences).mean, responses.length, settings)],
    };
  },
  loss(scores, { clip, valueClip, valueWeight, orpo }) {
    const { logProbs, values, before, update } = scores;
    const mean = 1 / update.tokens;
    const difference = logProbs.sub(before.logProbs);
    const ratios = difference.exp();
    const { losses, clipped } = clippedSurrogate(ratios, before.advantages, { low: clip, high: clip });
    const policyLoss = losses.sum().mul(mean);
    const metrics = {
      policy_loss: policyLoss,
      clip_fraction: clipped.sum().mul(mean),
      approx_kl: difference
        .detach()
        .square()
        .sum()
        .mul(mean / 2),
    };
    if (values === undefined || before.values === undefined || before.returns === undefined)
      return withOrpo({ loss: policyLoss, metrics: { loss: policyLoss, ...metrics } }, scores, orpo);
    const moved = values.sub(before.values).clamp({ min: -valueClip, max: valueClip }).add(before.values);
    const errors = values.sub(before.returns).square().maximum(moved.sub(before.returns).square());
    const valueLoss = errors.sum().mul(mean / 2);
    const loss = policyLoss.add(valueLoss.mul(valueWeight));
    return withOrpo({ loss, metrics: { loss, ...metrics, value_loss: valueLoss } }, scores, orpo);
  },
});

/** `[n]`: minus the weighted divergence at every token, and the reward at the last. */
function tokenRewards({ logProbs, reference, reward }: Sampled, weight: number): Float64Array {
  const rewards = Float64Array.from(logProbs, (logProb, t) =>
    reference === undefined || weight === 0 ? 0 : -weight * (logProb - (reference[t] ?? 0)),
  );
  const last = rewards.length - 1;
  rewards[last] = (rewards[last] ?? 0) + reward;
  return rewards;
}

/** The next weight: it grows while the divergence is above its target and falls while it is below. */
function steered(
  weight: number,
  kl: number,
  responses: number,
  { klTarget, klHorizon }: { readonly klTarget?: number | undefined; readonly klHorizon: number },
): number {
  if (klTarget === undefined) return weight;
  const error = Math.min(STEER, Math.max(-STEER, kl / klTarget - 1));
  return weight * (1 + (error * responses) / klHorizon);
}

/** Share of the variance of returns that the critic foresaw: 1 for all of it, 0 for none. */
function explained(responses: readonly Sampled[], returns: readonly Float64Array[]): number {
  const targets = returns.flatMap((row) => Array.from(row));
  const errors = returns.flatMap((row, i) => Array.from(row, (value, t) => value - (responses[i]?.values?.[t] ?? 0)));
  const { variance } = moments(targets);
  return variance === 0 ? 0 : 1 - moments(errors).variance / variance;
}
