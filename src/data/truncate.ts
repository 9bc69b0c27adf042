import type { Message } from '../text/chat-template.js';

/** Room for one example in tokens. */
export interface LengthLimits {
  /** Most tokens of a trunk and one response together. */
  readonly maxLength: number;
  /** Tokens a trunk must leave to a response that needs them. */
  readonly minResponse: number;
}

/**
 * The most tokens a trunk may have. A response shorter than `minResponse` needs no more room than its own length,
 * so a long prompt with a short answer keeps more of itself. A response still to be written needs all of it.
 */
export function trunkRoom(responses: readonly ArrayLike<number>[], limits: LengthLimits): number {
  if (responses.length === 0) return Math.max(1, limits.maxLength - limits.minResponse);
  let longest = 1;
  for (const response of responses) longest = Math.max(longest, response.length);
  return Math.max(1, limits.maxLength - Math.min(longest, limits.minResponse));
}

/** The end of a trunk in at most `room` tokens; a BOS at its front stays there. */
export function cutTrunk(trunk: readonly number[], room: number, bos: number | undefined): readonly number[] {
  if (trunk.length <= room) return trunk;
  const first = trunk[0];
  if (first !== undefined && first === bos && room > 1) return [first, ...trunk.slice(trunk.length - room + 1)];
  return trunk.slice(trunk.length - room);
}

/** The beginning of a response in what the trunk leaves of `maxLength`. */
export function cutResponse(response: readonly number[], trunkLength: number, limits: LengthLimits): readonly number[] {
  const budget = limits.maxLength - trunkLength;
  return response.length <= budget ? response : response.slice(0, Math.max(0, budget));
}

/**
 * The conversation without its oldest turns, as few as make it pass `fits`; undefined when the last turn alone does not.
 * System messages at the front stay. What is left begins with a user's message. `fits` is asked O(log turns) times.
 */
export function dropOldestTurns(
  messages: readonly Message[],
  fits: (shorter: readonly Message[]) => boolean,
): readonly Message[] | undefined {
  const firstTurn = messages.findIndex(({ role }) => role !== 'system');
  const system = messages.slice(0, Math.max(0, firstTurn));
  const begins: number[] = [];
  messages.forEach(({ role }, i) => {
    if (role === 'user' && i > firstTurn) begins.push(i);
  });
  const from = (begin: number): readonly Message[] => [...system, ...messages.slice(begin)];
  let low = 0;
  let high = begins.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(from(begins[middle] ?? 0))) high = middle;
    else low = middle + 1;
  }
  const begin = begins[low];
  return begin === undefined ? undefined : from(begin);
}
