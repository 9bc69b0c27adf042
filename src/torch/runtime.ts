import { addon } from './addon.js';
import type { Memory, Versions } from './binding.js';
import { guard } from './guard.js';

/** What is alive in native memory now. */
export function memory(): Memory {
  return addon().memory();
}

/** Starts a new measurement of `memory().peakBytes`. */
export function resetPeak(): void {
  addon().resetPeak();
}

/** Gives cached blocks back to the system. */
export function emptyCache(): void {
  addon().emptyCache();
}

/**
 * Runs `body`, which makes tensors that will stay for a whole run and are read once a step: weights and the optimiser's
 * state. On a CPU they lie on ordinary pages, which are ready sooner than huge ones; what steps allocate gets huge ones.
 */
export function standing<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
  const outer = addon().standing(true);
  try {
    return body();
  } finally {
    addon().standing(outer);
  }
}

/** Threads an operator may use; sets them when `count` is given. */
export function threads(count?: number): number {
  return guard('threads', [count], () => addon().threads(count));
}

export function versions(): Versions {
  return addon().versions();
}
