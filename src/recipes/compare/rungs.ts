import type { CompareConfig } from './config.js';

/** A time at which all cells that are left are measured. */
export interface Rung {
  /** Share of a cell's updates that are done then. */
  readonly share: number;
  /** Points of each method that are left, out of so many. */
  left(points: number): number;
}

/**
 * When is looked and how many go on: at the last rung all updates are done, at each before it one in `eta` of those of
 * the next, and as many times more points are left. Without halving there is one rung.
 */
export function rungsOf({ halving }: Pick<CompareConfig, 'halving'>): Rung[] {
  if (halving === undefined) return [{ share: 1, left: (points) => points }];
  const { eta, rungs } = halving;
  return Array.from({ length: rungs }, (_, at) => ({
    share: eta ** (at - rungs + 1),
    left: (points) => Math.max(1, Math.ceil(points / eta ** at)),
  }));
}

/** Updates of a cell that are done at a rung. */
export function stepsAt({ share }: Rung, steps: number): number {
  return Math.max(1, Math.ceil(share * steps - 1e-9));
}
