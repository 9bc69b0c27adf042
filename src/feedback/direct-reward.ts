import type { Side } from '../data/records.js';
import { OrpoError } from '../errors.js';
import type { Judge } from './judge.js';

/** Rewards of responses, in their order: what a rollout asks for. */
export type RewardFunction = (prompts: readonly Side[], responses: readonly string[]) => Promise<number[]>;

/**
 * A judge as a reward, without a reward model between (d-RLAIF, arXiv 2309.00267): -1 to 1 for a language model, a rule's
 * own number. A rollout must not go on with a hole in it, so a response without a score throws.
 */
export function directReward(judge: Judge, signal?: AbortSignal): RewardFunction {
  return async (prompts, responses) => {
    const items = responses.map((response, at) => ({ prompt: prompts[at] ?? '', response }));
    const scores = await judge.score(items, signal);
    return scores.map((score, at) => {
      if (!('failure' in score)) return score.value.reward;
      throw new OrpoError('data', `Response ${at + 1} has no reward: ${score.failure}.`, 'Mend the judge or the rule.');
    });
  };
}
