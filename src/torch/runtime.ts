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

/**
 * Gives cached blocks back to the system. On a CPU what is used again lies on huge pages, for which some virtual machines wait
 * when they are touched first; steps are up to a few hundredths shorter with them.
 */
export function emptyCache(): void {
  addon().emptyCache();
}

/** Threads an operator may use; sets them when `count` is given. */
export function threads(count?: number): number {
  return guard('threads', [count], () => addon().threads(count));
}

export function versions(): Versions {
  return addon().versions();
}
