/** Longest wait between two tries, in seconds, unless the server asks for more. */
const LONGEST = 60;

/** Longest wait a server may ask for, in seconds; more than that is a stop, not a pause. */
export const LONGEST_ASKED = 600;

/**
 * Seconds to wait before try number `attempt` + 1: `base` doubled each time, a random half of it taken off so that
 * many clients do not come back together, and never less than the server asked for.
 *
 * @param random from 0 up to 1
 */
export function waitBefore(attempt: number, base: number, asked: number | undefined, random: number): number {
  const full = Math.min(LONGEST, base * 2 ** (attempt - 1));
  return Math.max(asked ?? 0, full * (0.5 + random / 2));
}

/** Seconds that a Retry-After header asks for: a number of them, or a date; undefined where it says neither. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
