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
 * Runs `body`, which makes tensors that will stay for a whole run: weights and the optimiser's state. On a CPU large ones lie
 * on ordinary pages, where some virtual machines have those ready sooner; what steps take and give back lies on huge ones.
 * Memory that was used before, in `body` or elsewhere, is used again as it is.
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
