import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { evalSource } from '../../data/config.js';
import { OrpoError } from '../../errors.js';
import { sweepStaging } from '../../files/atomic.js';
import { readJson, writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { hashFile } from '../../files/manifest.js';
import type { AnswersConfig } from './config.js';

/** Where a model's own answers lie. */
export interface AnswersFolder {
  readonly path: string;
  /** Settings, and the hashes of the files that were answered. */
  readonly config: string;
  readonly samples: string;
  readonly heldOutSamples: string;
  readonly pairs: string;
  readonly heldOut: string;
  /** Written last: a folder that has it is finished. */
  readonly result: string;
}

export function answersFolder(path: string): AnswersFolder {
  const root = resolve(path);
  return {
    path: root,
    config: join(root, 'config.json'),
    samples: join(root, 'samples.jsonl'),
    heldOutSamples: join(root, 'held-out-samples.jsonl'),
    pairs: join(root, 'pairs.jsonl'),
    heldOut: join(root, 'held-out.jsonl'),
    result: join(root, 'result.json'),
  };
}

/**
 * Makes the folder, or opens one that was begun with the same settings and files.
 *
 * @throws OrpoError `run` when they are others, or the folder holds something else
 */
export function openAnswersFolder(config: AnswersConfig): AnswersFolder {
  const folder = answersFolder(config.output);
  const held = evalSource(config.eval);
  const files = [config.data, ...(held !== undefined && 'file' in held ? [held.file] : [])];
  const begun: unknown = JSON.parse(
    JSON.stringify({ ...config, output: undefined, files: files.map((path) => hashFile(path).sha256) }),
  );
  if (existsSync(folder.path)) sweepStaging(folder.path);
  if (existsSync(folder.config)) {
    if (isDeepStrictEqual(readJson(folder.config), begun)) return folder;
    throw new OrpoError(
      'run',
      `${config.output} was begun with other settings or other data.`,
      'Put them back as they were, or start the recipe anew with another output.',
    );
  }
  if (existsSync(folder.path) && readdirSync(folder.path).length > 0)
    throw new OrpoError('run', `${config.output} is not empty.`, 'Start the recipe anew with another output.');
  makeFolder(folder.path);
  writeJson(folder.config, begun);
  return folder;
}
