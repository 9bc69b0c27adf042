import { existsSync } from 'node:fs';
import { z } from 'zod';
import { removeFolder } from '../../files/atomic.js';
import { readJson, writeJson } from '../../files/json-file.js';
import type { RunConfig } from '../../training/config.js';
import { runFolder } from '../../training/run-folder.js';
import { isFinished, runStage } from '../run-stage.js';
import { type Budget, flopBudget, flopsOf, stepBudget } from './budget.js';
import { paceFile, readPace, runPilot } from './pilots.js';
import type { SweepEvent } from './sweep-events.js';
import type { SweepWork } from './sweep-work.js';

/** Measures the pace of each method, and of the shared stage. @throws OrpoError as training does */
export async function* measurePaces(work: SweepWork): AsyncGenerator<SweepEvent, void> {
  const { contenders, sft } = work.sweep;
  const shared = sft === undefined ? [] : [{ entry: 'the supervised stage', method: 'sft', pilot: sft.pilot }];
  for (const { entry, method, pilot } of [...shared, ...contenders]) {
    if (existsSync(paceFile(pilot))) continue;
    const stage = `pilot of ${entry}`;
    work.stage = stage;
    yield { type: 'begin', stage, method };
    for await (const event of runPilot(pilot, work.training)) yield { type: 'stage', stage, kind: 'train', event };
    work.requireOngoing();
  }
}

const budgetFile = z.object({ sft: z.int(), entries: z.record(z.string(), z.int()) });

/**
 * Updates of each run: counted from the budget once, and kept.
 *
 * @param origin what errors call the configuration
 * @throws OrpoError `config` when the budget does not suffice, or cannot be counted
 */
export function settleBudget({ sweep, places }: SweepWork, origin: string): Budget {
  if (existsSync(places.budget)) return budgetFile.parse(readJson(places.budget));
  const { config, contenders, sft } = sweep;
  const { steps, flops = Number.NaN } = config.budget;
  const known = (pilot: RunConfig): number => flopsOf(pilot, readPace(pilot));
  const budget =
    steps === undefined
      ? flopBudget(
          sweep,
          flops,
          {
            sft: sft === undefined ? 0 : known(sft.pilot),
            entries: new Map(contenders.map(({ entry, pilot }) => [entry, known(pilot)])),
          },
          origin,
        )
      : stepBudget(sweep, steps, origin);
  writeJson(places.budget, budget);
  return budget;
}

/** Trains the supervised stage that methods share, where there is one. @throws OrpoError as training does */
export async function* supervise(work: SweepWork, budget: Budget): AsyncGenerator<SweepEvent, void> {
  const stage = work.sweep.sft?.stage(budget.sft);
  if (stage === undefined) return;
  if (!isFinished(stage)) {
    work.stage = stage.name;
    yield { type: 'begin', stage: stage.name, method: 'sft' };
    for await (const event of runStage(stage, work.options)) yield { type: 'stage', stage: stage.name, ...event };
    work.requireOngoing();
  }
  const { checkpoints } = runFolder(stage.config.output);
  if (existsSync(checkpoints)) removeFolder(checkpoints);
}
