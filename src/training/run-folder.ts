import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrpoError } from '../errors.js';
import { sweepStaging } from '../files/atomic.js';
import { LOCK, lockFolder } from '../files/folder-lock.js';
import { makeFolder } from '../files/make-folder.js';

/** Where each part of a run lies. The folder is all there is of a run: resuming and evaluating only read it. */
export interface RunFolder {
  readonly path: string;
  readonly config: string;
  readonly data: string;
  readonly metrics: string;
  /** Wall times, apart from the metrics so that those are the same in every repetition of a run. */
  readonly timing: string;
  /** Answers to held-out prompts at each evaluation. */
  readonly samples: string;
  /** What was sampled to learn from and how it was rewarded; only where the method samples. */
  readonly rollouts: string;
  readonly checkpoints: string;
  readonly model: string;
  readonly adapter: string;
  readonly card: string;
  /** The run as a page to look at. */
  readonly report: string;
  /** Where the time went: only where that was asked for. */
  readonly profile: string;
  /** Written last; a run that has it is finished. */
  readonly result: string;
}

export function runFolder(path: string): RunFolder {
  const root = resolve(path);
  return {
    path: root,
    config: join(root, 'config.json'),
    data: join(root, 'data.json'),
    metrics: join(root, 'metrics.jsonl'),
    timing: join(root, 'timing.jsonl'),
    samples: join(root, 'samples.jsonl'),
    rollouts: join(root, 'rollouts.jsonl'),
    checkpoints: join(root, 'checkpoints'),
    model: join(root, 'model'),
    adapter: join(root, 'adapter'),
    card: join(root, 'README.md'),
    report: join(root, 'report.html'),
    profile: join(root, 'profile'),
    result: join(root, 'result.json'),
  };
}

/**
 * Makes the folder of a new run.
 *
 * @throws OrpoError `run` when it holds a run already, finished or not, or anything else
 */
export function createRunFolder(path: string): RunFolder {
  const folder = runFolder(path);
  if (existsSync(folder.result))
    throw new OrpoError('run', `${path} holds a finished run.`, 'Choose another output, or remove the folder.');
  if (existsSync(folder.config))
    throw new OrpoError(
      'run',
      `${path} holds a run that was not finished.`,
      `Go on with \`orpo resume ${path}\`, or choose another output.`,
    );
  if (existsSync(folder.path) && readdirSync(folder.path).some((name) => !isLeftover(name)))
    throw new OrpoError('run', `${path} is not empty.`, 'Choose another output: a run wants a folder of its own.');
  makeFolder(folder.path);
  return folder;
}

/** What a run that was killed before its config.json was written leaves behind: nothing of value. */
function isLeftover(name: string): boolean {
  return name === 'data.json' || name === LOCK || name.startsWith('.staging-');
}

/** @throws OrpoError `run` when there is no run at `path` */
export function openRunFolder(path: string): RunFolder {
  const folder = runFolder(path);
  if (!existsSync(folder.config))
    throw new OrpoError(
      'run',
      `${path} holds no run: it has no config.json.`,
      'Give the output folder of `orpo train`.',
    );
  return folder;
}

/**
 * Claims a run's folder and removes what a killed process left half written; returns what gives the folder back.
 *
 * @throws OrpoError `run` when another process is working on the run
 */
export function claimRun({ path }: RunFolder): () => void {
  const release = lockFolder(path);
  sweepStaging(path);
  return release;
}
