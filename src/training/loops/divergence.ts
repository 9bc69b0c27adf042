import { divergence, moments } from '../../objectives/online/advantages.js';
import { inMicroBatches, lookBack, type Onlookers, type Seen } from './experience.js';
import type { Answered } from './rollout.js';

/** The mean divergence of a response from the reference, where there is one. */
export function meanDivergence(sampled: readonly Seen[]): Record<string, number> {
  return sampled[0]?.reference === undefined ? {} : { kl: moments(sampled.map(divergence)).mean };
}

/** How far the policy's answers to held-out prompts lie from the model it was, where that model is at hand. */
export function answersDivergence(
  answered: readonly Answered[],
  { model, frozen, temperature }: Omit<Onlookers, 'critic'>,
  microTokens: number,
): Record<string, number> {
  if (frozen === undefined) return {};
  const found = lookBack(inMicroBatches(answered, microTokens), { model, critic: undefined, frozen, temperature });
  return meanDivergence([...found.values()].flat());
}
