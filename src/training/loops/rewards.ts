import { plainText, type Side } from '../../data/records.js';
import { OrpoError, reasonOf } from '../../errors.js';
import type { Message } from '../../text/chat-template.js';

/** A response to be rewarded, as text. */
export interface RewardItem {
  /** What was asked last: a text, or the last message of the user. */
  readonly prompt: string;
  readonly response: string;
  /** The whole conversation before the response. */
  readonly messages: readonly Message[];
  /** Whether the response ended by itself, not at the limit of tokens. */
  readonly ended: boolean;
  /** Row of the prompt in its data file. */
  readonly row: number;
  /** The response's tokens and those of its prompt. */
  readonly ids: ArrayLike<number>;
  readonly trunk: ArrayLike<number>;
}

/** A user's own reward: higher is better. */
export type RewardFunction = (prompt: string, response: string, item: RewardItem) => number | Promise<number>;

/** Whatever gives rewards. */
export interface Rewarder {
  /** What errors call it. */
  readonly name: string;
  /** A reward for each item. */
  score(items: readonly RewardItem[], signal?: AbortSignal): Promise<readonly number[]>;
  dispose(): void;
}

/** A function as a rewarder: it is asked for all items at once, and each answer is waited for at most `timeout` seconds. */
export function rewarderOf(reward: RewardFunction, name: string, timeout: number): Rewarder {
  return {
    name,
    score: (items) =>
      Promise.all(
        items.map((item) => within(timeout, name, item, async () => reward(item.prompt, item.response, item))),
      ),
    dispose: () => {},
  };
}

async function within(seconds: number, name: string, item: RewardItem, work: () => Promise<number>): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    throw new OrpoError(
      'reward',
      `The reward of ${name} for row ${item.row} failed: ${reasonOf(error)}.`,
      'Mend the function; the responses are kept, and the run goes on from here with `orpo resume`.',
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** @throws OrpoError `reward` for a reward that is no finite number, or when there is not one an item */
export async function finiteRewards(
  rewarder: Rewarder,
  items: readonly RewardItem[],
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const rewards = await rewarder.score(items, signal);
  const hint = 'A reward is a finite number; mend it, and go on from here with `orpo resume`.';
  if (rewards.length !== items.length)
    throw new OrpoError(
      'reward',
      `${rewarder.name} gave ${rewards.length} rewards for ${items.length} responses.`,
      hint,
    );
  rewards.forEach((reward, at) => {
    if (typeof reward === 'number' && Number.isFinite(reward)) return;
    throw new OrpoError('reward', `${rewarder.name} gave ${String(reward)} for row ${items[at]?.row}.`, hint);
  });
  return rewards;
}

/** What was asked, as reward functions read it. */
export function askedOf(asked: Side): Pick<RewardItem, 'prompt' | 'messages'> {
  if (typeof asked === 'string') return { prompt: asked, messages: [{ role: 'user', content: asked }] };
  const last = asked.findLast(({ role }) => role === 'user');
  return { prompt: last?.content ?? plainText(asked), messages: asked };
}
