import type { Budget } from './budget.js';
import type { Contender, Sweep } from './lay-out.js';
import { type Rung, rungsOf, stepsAt } from './rungs.js';

/** How long an update of each entry takes, in seconds; `sft` apart, as an entry may have that name. */
export interface Speeds {
  readonly sft: number;
  readonly entries: ReadonlyMap<string, number>;
}

/** Updates that a cell does from one rung to the next. */
export function stepsBetween(rungs: readonly Rung[], at: number, steps: number): number {
  const [rung, before] = [rungs[at], rungs[at - 1]];
  if (rung === undefined) return 0;
  return stepsAt(rung, steps) - (before === undefined ? 0 : stepsAt(before, steps));
}

/** Updates of all cells of a method from a rung on. */
export function updatesFrom({ points, cells }: Contender, rungs: readonly Rung[], from: number, steps: number): number {
  const seeds = cells.length / points.length;
  return rungs.reduce(
    (sum, rung, at) => (at < from ? sum : sum + rung.left(points.length) * seeds * stepsBetween(rungs, at, steps)),
    0,
  );
}

/**
 * Seconds that the training of a sweep takes from a rung on: its updates at their speed, shared by the workers.
 *
 * @param pending cells of that rung that are not done, by entry; all of them when left out
 */
export function forecast(
  { contenders, config }: Sweep,
  { entries }: Budget,
  speeds: Speeds,
  from = 0,
  pending?: ReadonlyMap<string, number>,
): number {
  const rungs = rungsOf(config);
  let seconds = 0;
  for (const contender of contenders) {
    const { entry } = contender;
    const steps = entries[entry] ?? 0;
    const updates =
      pending === undefined
        ? updatesFrom(contender, rungs, from, steps)
        : (pending.get(entry) ?? 0) * stepsBetween(rungs, from, steps) + updatesFrom(contender, rungs, from + 1, steps);
    seconds += updates * (speeds.entries.get(entry) ?? 0);
  }
  return seconds / config.workers;
}
