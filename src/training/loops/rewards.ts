import { plainText, type Side } from '../../data/records.js';
import { OrpoError, reasonOf } from '../../errors.js';
import type { Message } from '../../text/chat-template.js';

/** A response to be rewarded, as text. */
export interface RewardItem {
  /** What was asked, as the data has it. */
  readonly asked: Side;
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

/** A reward, or why there is none. */
export type Rewarded = number | { readonly failure: string };

/** Whatever gives rewards. */
export interface Rewarder {
  /** What errors call it. */
  readonly name: string;
  /** An outcome for each item. */
  score(items: readonly RewardItem[], signal?: AbortSignal): Promise<readonly Rewarded[]>;
  dispose(): Promise<void>;
}

/** A function as a rewarder: it is asked for all items at once, and each answer is waited for at most `timeout` seconds. */
export function rewarderOf(reward: RewardFunction, name: string, timeout: number): Rewarder {
  return {
    name,
    score: (items, signal) =>
      unlessAborted(
        Promise.all(items.map((item) => within(timeout, async () => reward(item.prompt, item.response, item)))),
        signal,
      ),
    dispose: async () => {},
  };
}

/** What is under way is not waited for once the signal is aborted, which is thrown then. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, fail) => {
    stop = () => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function within(seconds: number, work: () => Promise<unknown>): Promise<Rewarded> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Rewarded>((settle) => {
    timer = setTimeout(() => settle({ failure: `no answer after ${seconds} s` }), seconds * 1000);
  });
  try {
    return await Promise.race([work().then(rewardOf), late]);
  } catch (error) {
    return { failure: `it threw ${reasonOf(error)}` };
  } finally {
    clearTimeout(timer);
  }
}

/** What a function returned: plain JavaScript may return anything. */
function rewardOf(value: unknown): Rewarded {
  if (typeof value === 'number') return value;
  return { failure: `it returned ${value === null ? 'null' : `a value of type ${typeof value}`}, no number` };
}

/** Rewards that are all finite numbers, and how many of them stand in for one that could not be had. */
export interface FiniteRewards {
  readonly rewards: readonly number[];
  readonly failed: number;
}

/**
 * @param instead what a reward that failed counts as; without it the first failure is thrown
 * @throws OrpoError `reward` for a reward that failed or is no finite number, naming the row
 */
export async function finiteRewards(
  rewarder: Rewarder,
  items: readonly RewardItem[],
  instead: number | undefined,
  signal?: AbortSignal,
): Promise<FiniteRewards> {
  const outcomes = await rewarder.score(items, signal);
  let failed = 0;
  const rewards = items.map((item, at) => {
    const outcome = outcomes[at] ?? { failure: 'it gave no reward' };
    if (typeof outcome === 'number' && Number.isFinite(outcome)) return outcome;
    failed++;
    if (instead !== undefined) return instead;
    const reason = typeof outcome === 'object' ? outcome.failure : `it gave ${String(outcome)}, no finite number`;
    throw new OrpoError(
      'reward',
      `${rewarder.name} gave no reward for row ${item.row}: ${reason}.`,
      'The responses are kept: mend it and go on with `orpo resume`, or let failedReward stand in.',
    );
  });
  return { rewards, failed };
}

/** What was asked, as reward functions read it. */
export function askedOf(asked: Side): Pick<RewardItem, 'asked' | 'prompt' | 'messages'> {
  if (typeof asked === 'string') return { asked, prompt: asked, messages: [{ role: 'user', content: asked }] };
  const last = asked.findLast(({ role }) => role === 'user');
  return { asked, prompt: last?.content ?? plainText(asked), messages: asked };
}
