import { existsSync } from 'node:fs';
import { readJson } from '../../files/json-file.js';
import type { PlannedStage } from '../plan.js';
import { judgeOf, requireModule } from '../planned-judge.js';
import type { TrainStage } from '../stage.js';
import { type Budget, stepBudget, sweepStages } from './budget.js';
import type { Axis } from './grid.js';
import type { Sweep } from './lay-out.js';
import { rungsOf } from './rungs.js';
import { type SplitReport, splitData, splitReport } from './split-data.js';
import { equalTrials } from './verdict.js';

export interface PlannedMethod {
  readonly entry: string;
  readonly method: string;
  readonly from: 'model' | 'sft';
  readonly axes: readonly Axis[];
  /** Settings tried; each with every seed. */
  readonly trials: number;
  /** Updates of a cell; absent where the budget is in floating-point operations. */
  readonly updates?: number;
}

/** What a comparison searches. */
export interface SweepPlan {
  readonly rows: Pick<SplitReport, 'train' | 'validation' | 'test'>;
  readonly methods: readonly PlannedMethod[];
  readonly seeds: readonly number[];
  readonly cells: number;
  readonly equalTrials: boolean;
  /** At which share of the updates is looked, and how many settings of each method are left then. */
  readonly rungs: readonly { readonly share: number; readonly left: readonly number[] }[];
  readonly workers: number;
}

const ONE_UPDATE: Budget = { sft: 1, entries: {} };

/**
 * What a sweep will do. The data is read and split in memory, so that what is wrong with it is met now.
 *
 * @throws OrpoError `file` or `data` for files that cannot be read or do not suffice
 */
export async function planSweep(
  sweep: Sweep,
): Promise<{ readonly stages: readonly PlannedStage[]; readonly comparison: SweepPlan }> {
  const { config, contenders, seeds } = sweep;
  const saved = `${sweep.data}/split.json`;
  const { train, validation, test } = existsSync(saved)
    ? splitReport.parse(readJson(saved))
    : (await splitData(sweep.split)).report;
  const { steps } = config.budget;
  const budget = steps === undefined ? undefined : stepBudget(sweep, steps, 'budget');
  const rungs = rungsOf(config);
  const trials = new Map(contenders.map(({ entry, points }) => [entry, points.length]));
  // which runs there are does not depend on their length
  const stages = sweepStages(sweep, budget ?? ONE_UPDATE).map((stage) => plannedStage(stage, budget !== undefined));
  return {
    stages,
    comparison: {
      rows: { train, validation, test },
      methods: contenders.map(({ entry, method, from, axes, points }) => {
        const updates = budget?.entries[entry];
        return { entry, method, from, axes, trials: points.length, ...(updates === undefined ? {} : { updates }) };
      }),
      seeds,
      cells: contenders.reduce((sum, { cells }) => sum + cells.length, 0),
      equalTrials: equalTrials(trials),
      rungs: rungs.map((rung) => ({
        share: rung.share,
        left: contenders.map(({ points }) => rung.left(points.length)),
      })),
      workers: config.workers,
    },
  };
}

function plannedStage(stage: TrainStage, known: boolean): PlannedStage {
  const { config } = stage;
  const judge = judgeOf(stage);
  requireModule(judge);
  const { maxSteps } = config.training;
  return {
    stage: stage.name,
    folder: stage.folder,
    method: config.method,
    from: config.model,
    data: [config.data.train].flat(),
    ...(known && maxSteps !== undefined ? { updates: maxSteps } : {}),
    ...(judge === undefined ? {} : { judge: judge.name }),
  };
}
