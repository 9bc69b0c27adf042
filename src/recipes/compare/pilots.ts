import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { removeFolder } from '../../files/atomic.js';
import { readJson, writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { mean } from '../../statistics/moments.js';
import type { RunConfig } from '../../training/config.js';
import type { TrainEvent, TrainOptions } from '../../training/events.js';
import { type LogRecord, numberOf, readLogs } from '../../training/report/run-records.js';
import { resume } from '../../training/resume.js';
import { runFolder } from '../../training/run-folder.js';
import { train } from '../../training/train.js';
import { PILOT_STEPS } from './lay-out.js';

/** What an update of a method takes. */
const pace = z.object({
  seconds: z.number(),
  tokens: z.number(),
  /** Counted while it ran, its share of a reference computed beforehand among them; null where the first update diverged. */
  flops: z.number().nullable(),
});
export type Pace = z.output<typeof pace>;

/** Where a pilot leaves what it found. */
export function paceFile({ output }: RunConfig): string {
  return `${output}.json`;
}

/** What a pilot found. @throws OrpoError `run` for a damaged file */
export function readPace(pilot: RunConfig): Pace {
  return pace.parse(readJson(paceFile(pilot)));
}

/**
 * A few updates of a method, to learn what one takes; the run itself is thrown away. Nothing happens where that is known
 * already. An update that diverges tells its time as well as any other.
 *
 * @throws OrpoError as training does
 */
export async function* runPilot(config: RunConfig, options: TrainOptions): AsyncGenerator<TrainEvent, void> {
  const file = paceFile(config);
  if (existsSync(file)) return;
  const folder = runFolder(config.output);
  const events = existsSync(folder.config) ? resume(config.output, { ...options, config }) : train(config, options);
  try {
    for await (const event of events) {
      yield event;
      if (event.type === 'interrupted') return;
      // before the run is wound up: its model is of no use
      if (event.type === 'step' && event.step === PILOT_STEPS) break;
    }
  } catch (error) {
    if (!(error instanceof OrpoError && error.code === 'numeric')) throw error;
  }
  makeFolder(dirname(file));
  writeJson(file, paceOf(readLogs(folder)));
  removeFolder(folder.path);
}

/** The first update warms up and does not count where there are others; a reference computed beforehand is shared out. */
function paceOf({ timing, metrics }: ReturnType<typeof readLogs>): Pace {
  const updates = timing.filter(({ type }) => type === undefined || type === 'step');
  const steps = metrics.filter(({ type }) => type === 'step');
  const average = (records: readonly LogRecord[], key: string): number =>
    mean((records.length > 1 ? records.slice(1) : records).map((record) => numberOf(record, key)));
  const beforehand = metrics
    .filter(({ type }) => type === 'reference')
    .reduce((sum, record) => sum + numberOf(record, 'flops'), 0);
  const flops = average(steps, 'flops') + beforehand / Math.max(1, steps.length);
  const known = (value: number): number => (Number.isFinite(value) ? value : 0);
  return {
    seconds: known(average(updates, 'seconds')),
    tokens: known(average(updates, 'tokens')),
    flops: Number.isFinite(flops) ? flops : null,
  };
}
