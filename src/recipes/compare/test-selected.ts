import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loadAdapted } from '../../adapters/load-adapted.js';
import { writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { threads } from '../../torch/index.js';
import type { Budget } from './budget.js';
import { measurePairs } from './measure-pairs.js';
import { runCell } from './run-cell.js';
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
  for (const cell of [...selection.values()].flatMap((found) => found?.cells ?? [])) {
    // measuring computes without a pause, and signals are seen only between turns of the event loop
    await setImmediate();
    work.requireOngoing();
    const steps = entries[cell.entry] ?? 1;
    const task = {
      name: cell.name,
      config: cell.config(steps),
      until: steps,
      steps,
      heldOut: work.heldOut('test'),
      rows: work.sweep.config.select,
      into: work.places.verdict(cell),
    };
    for await (const event of runCell(task, work.training))
      if (event.type === 'measured') yield { ...event, rung: 'test', secondsLeft: 0 };
  }
  work.requireOngoing();
}

async function testStart(work: SweepWork): Promise<void> {
  const into = work.places.verdict(undefined);
  if (existsSync(into)) return;
  const { model, select, training } = work.sweep.config;
  const { dispose, loaded } = await loadAdapted(model, undefined, { precision: 'fp32', ...work.training });
  try {
    if (training.threads !== undefined) threads(training.threads);
    const found = await measurePairs(loaded, work.heldOut('test'), { rows: select, ...work.training });
    makeFolder(dirname(into));
    writeJson(into, { step: 0, ...found });
  } finally {
    dispose();
  }
}
