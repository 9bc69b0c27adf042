import { setImmediate } from 'node:timers/promises';

/** Longest time that rows keep the event loop from turning. */
const MILLISECONDS_A_TURN = 50;

/**
 * To be awaited between rows: lets the event loop turn now and then, in which signals are seen, for rows that are in
 * memory come without a turn. @throws the signal's reason when it is aborted
 */
export function eventTurns(signal: AbortSignal | undefined): () => Promise<void> {
  let turned = performance.now();
  return async () => {
    if (performance.now() - turned > MILLISECONDS_A_TURN) {
      await setImmediate();
      turned = performance.now();
    }
    signal?.throwIfAborted();
  };
}
