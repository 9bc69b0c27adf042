import { existsSync } from 'node:fs';
import { OrpoError } from '../errors.js';
import { readJson } from '../files/json-file.js';
import { atStart, listCheckpoints, loadCheckpoint, type Progress, pruneCheckpoints } from './checkpoint.js';
import type { RunConfig, RunConfigInput } from './config.js';
import type { TrainEvent, TrainOptions } from './events.js';
import { parseConfig } from './parse-config.js';
import { prepareRun } from './prepare-run.js';
import { RunProfile } from './profile/profiled-run.js';
import { claimRun, openRunFolder, type RunFolder } from './run-folder.js';
import { runLoop } from './run-loop.js';
import { startEvent } from './train.js';

export interface ResumeOptions extends TrainOptions {
  /** When given, it must say the same as the run's own configuration. */
  readonly config?: RunConfigInput | RunConfig;
}

/**
 * Goes on with an interrupted run from its newest checkpoint, or from its start when it has none. The outcome equals
 * the uninterrupted run's bit for bit.
 *
 * @throws OrpoError `run` when there is nothing to resume, a checkpoint does not verify, or configuration or data differ
 */
export async function* resume(path: string, options: ResumeOptions = {}): AsyncGenerator<TrainEvent, void> {
  const folder = openRunFolder(path);
  if (existsSync(folder.result))
    throw new OrpoError('run', `${path} is finished.`, 'Evaluate it, or start a new run with another output.');
  const release = claimRun(folder);
  let profile: RunProfile | undefined;
  try {
    profile = await RunProfile.begin(options.profile ?? false);
    yield* goOn(path, folder, options, profile);
  } finally {
    profile?.end();
    release();
  }
}

async function* goOn(
  path: string,
  folder: RunFolder,
  options: ResumeOptions,
  profile: RunProfile,
): AsyncGenerator<TrainEvent, void> {
  const saved = readJson(folder.config);
  const config = parseConfig(saved, folder.config);
  if (options.config !== undefined) requireSame(config, parseConfig(options.config), 'another configuration', path);
  const run = await prepareRun(config, options);
  try {
    requireSame(files(readJson(folder.data)), files(run.dataset.report), 'other data', path);
    const from = newest(folder, run.initialMemory, (checkpoint) =>
      loadCheckpoint(checkpoint, run.trained, run.optimiser, (before) => {
        // a run may be moved to another folder
        requireSame(before, { ...config, output: before.output }, 'another configuration', path);
      }),
    );
    // a run killed between a save and the removal of the oldest has one too many
    pruneCheckpoints(folder.checkpoints, config.training.keepCheckpoints);
    yield startEvent(run, folder, from.step);
    yield* profile.follow(run, folder, runLoop(run, folder, from, options.signal));
  } finally {
    await run.dispose();
  }
}

function newest(folder: RunFolder, memory: readonly number[], load: (path: string) => Progress): Progress {
  const checkpoint = listCheckpoints(folder.checkpoints).at(-1);
  if (checkpoint === undefined) return atStart(memory);
  return load(checkpoint.path);
}

/** What of data.json must not change: which files, with what content, to what use. */
function files(report: unknown): unknown {
  const { files: loaded, streamed = [] } = isObject(report) ? report : {};
  if (!Array.isArray(loaded) || !Array.isArray(streamed)) return loaded;
  const list: unknown[] = [...loaded, ...streamed];
  return Object.fromEntries(list.map((file) => [isObject(file) ? `${file.role} ${file.path}` : '', file]));
}

function requireSame(before: unknown, now: unknown, what: string, path: string): void {
  const keys = difference(before, now, []);
  if (keys === undefined) return;
  throw new OrpoError(
    'run',
    `${path} was started with ${what}: "${keys.join('.')}" was ${shown(at(before, keys))} and is ${shown(at(now, keys))} now.`,
    'Put it back as it was, or start a new run with another output.',
  );
}

/** The keys that lead to the first place where two JSON values differ, or undefined. */
function difference(a: unknown, b: unknown, path: readonly string[]): readonly string[] | undefined {
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = difference(a[key], b[key], [...path, key]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return JSON.stringify(a) === JSON.stringify(b) ? undefined : path;
}

function at(value: unknown, keys: readonly string[]): unknown {
  let found: unknown = value;
  for (const key of keys) found = isObject(found) ? found[key] : undefined;
  return found;
}

const LONGEST_SHOWN = 80;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
