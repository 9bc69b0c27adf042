import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadAdapted } from '../../adapters/load-adapted.js';
import { writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { cpuFeatures } from '../../torch/engine/cpu.js';
import { choosePrecision } from '../../torch/engine/precision.js';
import { threads } from '../../torch/index.js';
import type { Budget } from './budget.js';
import { measurePairs } from './measure-pairs.js';
import type { CellTask } from './run-cell.js';
import { runTasks } from './run-tasks.js';
import type { PointReading } from './select.js';
import type { SweepEvent } from './sweep-events.js';
import type { SweepWork } from './sweep-work.js';

/** The best of each method; undefined where every setting diverged. */
export type Selection = ReadonlyMap<string, PointReading | undefined>;

/** Fixes what is tested, before the test part is read. */
export function writeSelection({ places }: SweepWork, selection: Selection): void {
  if (existsSync(places.selection)) return;
  const written = [...selection].map(([entry, found]) => [
    entry,
    found === undefined ? null : { point: found.point, cells: found.cells.map(({ name }) => name), mean: found.mean },
  ]);
  writeJson(places.selection, Object.fromEntries(written));
}

/**
 * Reads the test part: once, for the selected cells and for the model they started from.
 *
 * @throws OrpoError as measuring does
 */
export async function* testSelected(
  work: SweepWork,
  { entries }: Budget,
  selection: Selection,
): AsyncGenerator<SweepEvent, void> {
  work.stage = 'test';
  await testStart(work);
  work.requireOngoing();
  const { select, workers } = work.sweep.config;
  const cells = [...selection.values()].flatMap((found) => found?.cells ?? []);
  const tasks = cells.map((cell): CellTask => {
    const steps = entries[cell.entry] ?? 1;
    return {
      name: cell.name,
      config: cell.config(steps),
      until: steps,
      steps,
      heldOut: work.heldOut('test'),
      rows: select,
      into: work.places.verdict(cell),
    };
  });
  for await (const event of runTasks(tasks, workers, work.training))
    if (event.type === 'measured') yield { ...event, rung: 'test', secondsLeft: 0 };
  work.requireOngoing();
}

async function testStart(work: SweepWork): Promise<void> {
  const into = work.places.verdict(undefined);
  if (existsSync(into)) return;
  const { model, select, training } = work.sweep.config;
  // as the cells are measured
  const { precision } = choosePrecision(training.precision, cpuFeatures(), false);
  const { dispose, loaded } = await loadAdapted(model, undefined, { precision, ...work.training });
  try {
    if (training.threads !== undefined) threads(training.threads);
    const found = await measurePairs(loaded, work.heldOut('test'), { rows: select, ...work.training });
    makeFolder(dirname(into));
    writeJson(into, { step: 0, ...found });
  } finally {
    dispose();
  }
}
