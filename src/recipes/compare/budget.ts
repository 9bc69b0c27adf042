import { OrpoError } from '../../errors.js';
import type { RunConfig } from '../../training/config.js';
import type { TrainStage } from '../stage.js';
import type { Sweep } from './lay-out.js';
import type { Pace } from './pilots.js';
import { rungsOf } from './rungs.js';

/** Updates of each run, such that all cells have the same budget from the model to the end. */
export interface Budget {
  /** Of the shared supervised stage; 0 without one. */
  readonly sft: number;
  /** Of the cells of each entry, the shared stage not among them. */
  readonly entries: Readonly<Record<string, number>>;
}

/**
 * Updates under `budget.steps`. The supervised stage takes those its section says, or half of all.
 *
 * @throws OrpoError `config` when nothing is left for a method
 */
export function stepBudget(sweep: Sweep, steps: number, origin: string): Budget {
  const sft = sweep.sft === undefined ? 0 : (sweep.sft.steps ?? atLeastOne(steps / 2));
  return budgetOf(sweep, sft, (from) => (from === 'sft' ? steps - sft : steps), origin);
}

/**
 * Updates under `budget.flops`, by what pilots counted.
 *
 * @param flopsOf of an update of an entry, or of the supervised stage
 * @throws OrpoError `config` when nothing is left for a method
 */
export function flopBudget(
  sweep: Sweep,
  flops: number,
  flopsOf: { readonly sft: number; readonly entries: ReadonlyMap<string, number> },
  origin: string,
): Budget {
  const sft = sweep.sft === undefined ? 0 : (sweep.sft.steps ?? atLeastOne(flops / 2 / flopsOf.sft));
  const spent = sft * flopsOf.sft;
  return budgetOf(
    sweep,
    sft,
    (from, entry) => Math.floor((from === 'sft' ? flops - spent : flops) / (flopsOf.entries.get(entry) ?? Number.NaN)),
    origin,
  );
}

/** What an update took of its pilot. @throws OrpoError `config` where it took none: its first update diverged */
export function flopsOf({ method }: RunConfig, { flops }: Pace): number {
  if (flops !== null && flops > 0) return flops;
  throw new OrpoError(
    'config',
    `budget.flops cannot be counted: the first update of ${method} diverged.`,
    'Lower its learning rates, or use budget.steps.',
  );
}

/** All that a sweep may train, once its budget is known: the shared stage first. */
export function sweepStages({ sft, contenders }: Sweep, budget: Budget): TrainStage[] {
  const cells = contenders.flatMap((contender) => contender.cells);
  return [
    ...(sft === undefined ? [] : [sft.stage(budget.sft)]),
    ...cells.map(({ name, folder, entry, config }): TrainStage => {
      const steps = budget.entries[entry] ?? 1;
      return { kind: 'train', name, folder, config: config(steps), beside: false };
    }),
  ];
}

function budgetOf(
  { contenders, config, sft: stage }: Sweep,
  sft: number,
  left: (from: 'model' | 'sft', entry: string) => number,
  origin: string,
): Budget {
  const least = rungsOf(config).length === 1 ? 1 : Math.ceil(1 / (rungsOf(config)[0]?.share ?? 1));
  const entries = contenders.map(({ entry, from }): [string, number] => [entry, left(from, entry)]);
  const short = entries.find(([, steps]) => !(steps >= least));
  if (short !== undefined) {
    const [entry, steps] = short;
    const shared = stage === undefined ? '' : `; the supervised stage takes ${sft}`;
    throw new OrpoError(
      'config',
      `${origin}: "budget" leaves ${Math.max(0, steps)} updates for ${entry}, which needs ${least}${shared}.`,
      'Give a larger budget, fewer rungs, or a shorter sft.training.maxSteps.',
    );
  }
  return { sft, entries: Object.fromEntries(entries) };
}

function atLeastOne(steps: number): number {
  return Math.max(1, Math.floor(steps));
}
