import { z } from 'zod';
import type { Tensor } from '../../torch/index.js';
import { groupsOf, moments, spread } from './advantages.js';
import { defineSampling } from './define-online.js';
import type { TokenScores } from './online-method.js';
import { orpoAuxiliarySetting, withOrpo } from './orpo-auxiliary.js';
import { byResponse, clippedSurrogate, tokenDivergence } from './policy-terms.js';

const config = z
  .strictObject({
    beta: z.number().min(0).default(0).describe('Weight of the divergence from the reference in the loss'),
    clip: z.number().positive().default(0.2).describe('Farthest below 1 that a ratio of probabilities is rewarded'),
    clipHigh: z.number().positive().optional().describe('Farthest above 1; default the same as clip'),
    scale: z
      .enum(['group', 'batch', 'none'])
      .default('group')
      .describe('Whose deviation advantages are divided by: that of the prompt’s rewards, of all of them, or none'),
    mean: z
      .enum(['tokens', 'responses', 'constant'])
      .default('tokens')
      .describe('Over what the loss is a mean: all tokens (DAPO), each response first (GRPO), most tokens (Dr. GRPO)'),
    orpo: orpoAuxiliarySetting,
  })
  .prefault({});

/** Keeps groups of equal rewards from a division by zero. */
const EPSILON = 1e-4;

/**
 * Group relative policy optimisation (arXiv 2402.03300): a response's advantage is its reward less the mean of its
 * prompt's, in units of their deviation, the same for all its tokens; clipped ratios token by token, and the k3 estimate
 * of the divergence in the loss. `mean` takes arXiv 2503.14476 (tokens) and 2503.20783 (constant) in.
 */
export const grpo = defineSampling({
  name: 'grpo',
  formula: 'max(-A ρ, -A clip(ρ)) + β KL, A = (r - mean) / (deviation + 1e-4) of the prompt’s rewards',
  source: 'arXiv 2402.03300',
  use: 'Rewards that can be checked: many responses a prompt, no critic, no reference unless β asks for one.',
  config,
  defaults: { responses: 8, epochs: 1 },
  leastResponses: 2,
  reference: ({ beta }) => beta > 0,
  compares: ({ orpo }) => orpo > 0,
  credit(responses, memory, { scale }) {
    const rewards = responses.map(({ reward }) => reward);
    const groups = groupsOf(responses);
    const overall = Math.sqrt(moments(rewards).variance);
    const advantages = new Array<number>(rewards.length).fill(0);
    for (const members of groups) {
      const { mean, variance } = moments(members.map((index) => rewards[index] ?? 0));
      const deviation = scale === 'group' ? Math.sqrt(variance) : overall;
      const unit = scale === 'none' ? 1 : deviation + EPSILON;
      for (const index of members) advantages[index] = ((rewards[index] ?? 0) - mean) / unit;
    }
    const alike = groups.filter((members) => new Set(members.map((index) => rewards[index])).size === 1).length;
    return {
      credits: responses.map(({ logProbs }, i) => ({ advantages: spread(advantages[i] ?? 0, logProbs) })),
      metrics: { equal_rewards: alike / groups.length },
      memory,
    };
  },
  loss(scores, { beta, clip, clipHigh = clip, mean, orpo }) {
    const { logProbs, before, update } = scores;
    const difference = logProbs.sub(before.logProbs);
    const range = { low: clip, high: clipHigh };
    const { losses, clipped } = clippedSurrogate(difference.exp(), before.advantages, range);
    const perToken = 1 / update.tokens;
    const policyLoss = averaged(losses, scores, mean);
    const metrics = {
      policy_loss: policyLoss,
      clip_fraction: clipped.sum().mul(perToken),
      approx_kl: difference
        .detach()
        .square()
        .sum()
        .mul(perToken / 2),
    };
    if (beta === 0 || before.reference === undefined)
      return withOrpo({ loss: policyLoss, metrics: { loss: policyLoss, ...metrics } }, scores, orpo);
    const apart = averaged(tokenDivergence(logProbs, before.reference), scores, mean);
    const loss = policyLoss.add(apart.mul(beta));
    return withOrpo({ loss, metrics: { loss, ...metrics, kl_loss: apart } }, scores, orpo);
  },
});

function averaged(values: Tensor, scores: TokenScores, over: 'tokens' | 'responses' | 'constant'): Tensor {
  const { update, lengths } = scores;
  if (over === 'tokens') return values.sum().div(update.tokens);
  if (over === 'constant') return values.sum().div(update.responses * update.maxTokens);
  return byResponse(values, scores).div(lengths).sum().div(update.responses);
}
