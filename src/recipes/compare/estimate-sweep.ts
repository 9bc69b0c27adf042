import { basename, dirname } from 'node:path';
import type { RunConfig } from '../../training/config.js';
import { estimateRun } from '../../training/estimate/estimate-run.js';
import type { OutlineOptions } from '../../training/estimate/run-outline.js';
import { type Budget, flopBudget, stepBudget } from './budget.js';
import { forecast, updatesFrom } from './forecast.js';
import type { Sweep } from './lay-out.js';
import { rungsOf } from './rungs.js';

/** What one method of a sweep will take. */
export interface MethodEstimate {
  readonly entry: string;
  readonly cells: number;
  /** Updates of all its cells, those that are given up on the way left out. */
  readonly updates: number;
  /** Of one update. */
  readonly seconds: number;
  readonly flops: number;
  readonly peakBytes: number;
}

/** What the training of a sweep will take; measuring its cells is not in it. */
export interface SweepEstimate {
  readonly recipe: 'compare';
  readonly methods: readonly MethodEstimate[];
  /** Updates of the shared supervised stage. */
  readonly sft: number;
  readonly workers: number;
  /** Wall time, shared by the workers. */
  readonly seconds: number;
  readonly flops: number;
  /** Of one worker. */
  readonly peakBytes: number;
}

/**
 * Estimates a sweep from a few updates of each method, counted and timed as `estimateRun` does on all of the pairs, before
 * they are split.
 *
 * @throws OrpoError `config` when the budget leaves nothing for a method; as `estimateRun` does
 */
export async function estimateSweep(sweep: Sweep, options: OutlineOptions = {}): Promise<SweepEstimate> {
  const { config, contenders } = sweep;
  const paces = new Map<string, Pace>();
  for (const { entry, pilot } of contenders) paces.set(entry, await paceOf(sweep, pilot, options));
  const shared = sweep.sft && (await paceOf(sweep, sweep.sft.pilot, options));
  const budget = budgetOf(sweep, paces, shared);
  const rungs = rungsOf(config);
  const methods = contenders.map((contender): MethodEstimate => {
    const { entry, cells } = contender;
    const updates = updatesFrom(contender, rungs, 0, budget.entries[entry] ?? 0);
    return { entry, cells: cells.length, updates, ...(paces.get(entry) ?? NOTHING) };
  });
  const speeds = {
    sft: shared?.seconds ?? 0,
    entries: new Map(methods.map(({ entry, seconds }) => [entry, seconds])),
  };
  const flops = methods.reduce((sum, method) => sum + method.updates * method.flops, 0);
  return {
    recipe: 'compare',
    methods,
    sft: budget.sft,
    workers: config.workers,
    seconds: budget.sft * speeds.sft + forecast(sweep, budget, speeds),
    flops: budget.sft * (shared?.flops ?? 0) + flops,
    peakBytes: Math.max(shared?.peakBytes ?? 0, ...methods.map(({ peakBytes }) => peakBytes)),
  };
}

type Pace = Pick<MethodEstimate, 'seconds' | 'flops' | 'peakBytes'>;

const NOTHING: Pace = { seconds: 0, flops: 0, peakBytes: 0 };

async function paceOf(sweep: Sweep, pilot: RunConfig, options: OutlineOptions): Promise<Pace> {
  const { steps, updates, reference, peakBytes } = await estimateRun(beforeSplit(sweep, pilot), options);
  // the log-probs of a reference that are computed beforehand are shared out
  const each = (key: 'seconds' | 'flops'): number => (updates[key] + (reference?.[key] ?? 0)) / steps;
  return { seconds: each('seconds'), flops: each('flops'), peakBytes };
}

/** The pilot on the files that its own are made of. */
function beforeSplit({ data, split }: Sweep, pilot: RunConfig): RunConfig {
  const origin = (path: string): string =>
    dirname(path) === data ? (split.others.get(basename(path, '.jsonl')) ?? split.pairs) : path;
  const { eval: _, train, ...rest } = pilot.data;
  return { ...pilot, data: { ...rest, train: [train].flat().map(origin) } };
}

function budgetOf(sweep: Sweep, paces: ReadonlyMap<string, Pace>, shared: Pace | undefined): Budget {
  const { steps, flops } = sweep.config.budget;
  if (flops === undefined) return stepBudget(sweep, steps ?? 1, 'budget');
  const entries = new Map([...paces].map(([entry, pace]) => [entry, pace.flops]));
  return flopBudget(sweep, flops, { sft: shared?.flops ?? 0, entries }, 'budget');
}
