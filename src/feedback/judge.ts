import type { Side } from '../data/records.js';

/** Two responses to one prompt, of which a judge says which is the better. */
export interface Comparison {
  readonly prompt: Side;
  readonly first: Side;
  readonly second: Side;
  /** What to judge by instead of the judge's own instructions. */
  readonly principle?: string | undefined;
}

/** A response to be scored by itself. */
export interface Answer {
  readonly prompt: Side;
  readonly response: Side;
  readonly principle?: string | undefined;
}

/** What a judge thinks of a pair. */
export interface Verdict {
  /** Probability that the first response is the better one: the mean of both orders, .5 for a tie. */
  readonly probability: number;
  /** The same when the first response was shown first, and when it was shown second; absent where no order exists. */
  readonly orders?: readonly [number, number];
}

/** What a judge thinks of one response. */
export interface Score {
  /** In the judge's own unit: 1 to 10 for a language model, whatever a rule returns. */
  readonly score: number;
  /** The same as a reward: scaled to -1 to 1 for a language model, a rule's own number. */
  readonly reward: number;
}

/** An item's outcome, or why it has none. Failures of one item are values; what stops everything is thrown. */
export type Judged<T> = { readonly value: T; readonly tokens?: TokenCount } | { readonly failure: string };

/** Tokens that an endpoint counted for the answers behind an outcome. */
export interface TokenCount {
  readonly input: number;
  readonly output: number;
}

/** Compares and scores responses: a language model here or elsewhere, a rule, or anything else that can tell. */
export interface Judge {
  /** Rows worth giving to one call. */
  readonly batch: number;
  /** Calls worth making at the same time. */
  readonly concurrency: number;
  /** Outcomes in the order of the items. @throws OrpoError for what makes further items pointless */
  compare(items: readonly Comparison[], signal?: AbortSignal): Promise<Judged<Verdict>[]>;
  score(items: readonly Answer[], signal?: AbortSignal): Promise<Judged<Score>[]>;
  /**
   * The verdict that two scores give. A judge that has it compares by scores alone, so that a ranking needs one score a
   * response instead of every pair.
   */
  byScores?(first: number, second: number): Verdict;
  dispose(): Promise<void>;
}

/** A language model as a writer of texts: what critique and revision need. */
export interface Writer {
  readonly batch: number;
  readonly concurrency: number;
  /** Texts in the order of the conversations; `keys` choose the random stream of each. */
  write(conversations: readonly Side[], keys: readonly number[], signal?: AbortSignal): Promise<Judged<string>[]>;
  dispose(): Promise<void>;
}

/**
 * The mean of both orders, so that a preference for a position cancels out. Rounded to 2^-40, so that the probabilities
 * of a pair and of its mirror image sum to 1 exactly.
 *
 * @param shownFirst probability of the first response when it is shown first
 * @param shownSecond probability of the first response when it is shown second
 */
export function bothOrders(shownFirst: number, shownSecond: number): Verdict {
  const lead = Math.round(((shownFirst + shownSecond - 1) / 2) * GRID) / GRID;
  return { probability: 0.5 + lead, orders: [shownFirst, shownSecond] };
}

const GRID = 2 ** 40;

/** Seen from the other response. */
export function mirrored({ probability, orders }: Verdict): Verdict {
  if (orders === undefined) return { probability: 1 - probability };
  // shown first, the other response leaves this one the second place
  return { probability: 1 - probability, orders: [1 - orders[1], 1 - orders[0]] };
}
