import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { removeFolder } from '../../files/atomic.js';
import { holderOf } from '../../files/folder-lock.js';
import { readJson, writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { threads } from '../../torch/index.js';
import { listCheckpoints } from '../../training/checkpoint.js';
import type { RunConfig } from '../../training/config.js';
import type { TrainEvent, TrainOptions } from '../../training/events.js';
import { resume } from '../../training/resume.js';
import { runFolder } from '../../training/run-folder.js';
import { loadRunModel } from '../../training/run-weights.js';
import { train } from '../../training/train.js';
import { type HeldOut, measurePairs, pairMeasures } from './measure-pairs.js';
import type { Measure } from './measures.js';

/** A cell trained up to an update and measured there. Plain data: a task may be done by another process. */
export interface CellTask {
  readonly name: string;
  readonly config: RunConfig;
  /** Update after which it stops; the run's last one lets it finish. */
  readonly until: number;
  readonly steps: number;
  readonly heldOut: HeldOut;
  /** Measure of each pair to keep. */
  readonly rows?: Measure | undefined;
  /** File of what was measured; a task whose file is there is done. */
  readonly into: string;
}

/** What was measured of a cell after some updates. */
const reading = pairMeasures.extend({
  step: z.int(),
  /** Why there is nothing to measure: the training diverged. */
  failed: z.string().optional(),
});
export type Reading = z.output<typeof reading>;

/** What a cell says while it goes on. */
export type CellEvent =
  | { readonly type: 'train'; readonly stage: string; readonly event: TrainEvent }
  | ({ readonly type: 'measured'; readonly stage: string; readonly steps: number } & Omit<Reading, 'rows'>);

/** What was measured, once it was. @throws OrpoError `run` for a damaged file */
export function readReading(path: string): Reading {
  return reading.parse(readJson(path));
}

/**
 * Trains a cell as far as its task says, going on where an earlier process stopped, and measures it. A cell that is
 * paused is saved as if it had been interrupted, so that going on with it is what an uninterrupted run would have done.
 * Training that diverges is an outcome, not an error. Ends early when the signal is aborted.
 *
 * @throws OrpoError as training and measuring do
 */
export async function* runCell(task: CellTask, options: TrainOptions = {}): AsyncGenerator<CellEvent, void> {
  const { name, config, until, steps, heldOut, rows, into } = task;
  const { signal } = options;
  if (existsSync(into)) return;
  const folder = runFolder(config.output);
  await whenFree(folder.path, signal);
  let failed: string | undefined;
  try {
    for await (const event of trainUntil(task, options)) yield { type: 'train', stage: name, event };
  } catch (error) {
    if (!(error instanceof OrpoError && error.code === 'numeric')) throw error;
    failed = error.message;
  }
  if (signal?.aborted === true) return;
  if (config.training.threads !== undefined) threads(config.training.threads);
  const found =
    failed === undefined
      ? await measured(config, heldOut, { rows, signal }, options)
      : { pairs: 0, values: {}, failed };
  const whole: Reading = reading.parse({ step: until, ...found });
  makeFolder(dirname(into));
  writeJson(into, whole);
  // what is finished is not gone on with
  if (existsSync(folder.result) && existsSync(folder.checkpoints)) removeFolder(folder.checkpoints);
  const { rows: _, ...told } = whole;
  yield { type: 'measured', stage: name, steps, ...told };
}

async function* trainUntil({ config, until, steps }: CellTask, options: TrainOptions): AsyncGenerator<TrainEvent> {
  const folder = runFolder(config.output);
  if (existsSync(folder.result)) return;
  const paused = until < steps;
  if (paused && (listCheckpoints(folder.checkpoints).at(-1)?.step ?? 0) >= until) return;
  const pause = new AbortController();
  const { signal = pause.signal } = options;
  const either = { ...options, signal: AbortSignal.any([signal, pause.signal]) };
  const events = existsSync(folder.config) ? resume(config.output, { ...either, config }) : train(config, either);
  for await (const event of events) {
    if (event.type !== 'interrupted') yield event;
    if (paused && event.type === 'step' && event.step === until) pause.abort();
  }
}

async function measured(
  config: RunConfig,
  heldOut: HeldOut,
  wanted: { readonly rows: Measure | undefined; readonly signal: AbortSignal | undefined },
  options: TrainOptions,
) {
  const { loaded, dispose } = await loadRunModel(config, options);
  try {
    return await measurePairs(loaded, heldOut, wanted);
  } finally {
    dispose();
  }
}

/** Longest time that a process whose sweep was killed may take to notice. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** Returns once no other process works on a run: one that a killed sweep left behind ends with its update. */
async function whenFree(folder: string, signal: AbortSignal | undefined): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    const holder = holderOf(folder);
    if (holder === undefined || holder === process.pid) return;
    await setTimeout(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
