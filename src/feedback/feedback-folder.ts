import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrpoError } from '../errors.js';
import { readJson, writeJson } from '../files/json-file.js';
import { makeFolder } from '../files/make-folder.js';
import { hashFile } from '../files/manifest.js';
import type { FeedbackConfig } from './config.js';
import { OWN_PRINCIPLES } from './principles.js';

/** Where each part of the results lies. */
export interface FeedbackFolder {
  readonly path: string;
  readonly config: string;
  /** Hashes of all files that decide the results. */
  readonly inputs: string;
  /** Responses drawn to prompts. */
  readonly samples: string;
  /** What became of every row, in the order of the rows. */
  readonly log: string;
  /** The data: `pairs.jsonl`, `rankings.jsonl`, `scores.jsonl` or `revisions.jsonl`. */
  readonly records: string;
  /** Written last: a folder that has it is finished. */
  readonly result: string;
}

/** Settings that change speed, cost or patience, and nothing of what comes out. */
const FREE = new Set(['output', 'judge.concurrency', 'judge.retries', 'judge.timeout', 'judge.cache', 'judge.prices']);

/**
 * Makes the folder, or opens one that was begun with the same settings and files.
 *
 * @throws OrpoError `run` naming the setting or file that is another, or when the folder holds something else
 */
export function openFeedbackFolder(config: FeedbackConfig): FeedbackFolder {
  const root = resolve(config.output);
  const folder: FeedbackFolder = {
    path: root,
    config: join(root, 'config.json'),
    inputs: join(root, 'inputs.json'),
    samples: join(root, 'samples.jsonl'),
    log: join(root, 'judgements.jsonl'),
    records: join(root, `${config.task}.jsonl`),
    result: join(root, 'result.json'),
  };
  const inputs = inputsOf(config);
  if (existsSync(folder.config)) {
    refuseOther(readJson(folder.config), config, 'settings', config.output);
    refuseOther(readJson(folder.inputs), inputs, 'files', config.output);
    return folder;
  }
  if (existsSync(root) && readdirSync(root).some((name) => name !== 'inputs.json' && !name.startsWith('.staging-')))
    throw new OrpoError('run', `${config.output} is not empty.`, 'Choose another output: results want a folder alone.');
  makeFolder(root);
  writeJson(folder.inputs, inputs);
  writeJson(folder.config, config);
  return folder;
}

function inputsOf({ data, prompts, principles, judge, task }: FeedbackConfig): Record<string, string> {
  const list = typeof principles === 'string' ? principles : OWN_PRINCIPLES;
  const files = {
    data: data ?? prompts,
    ...(principles !== false || task === 'revisions' ? { principles: list } : {}),
    ...(judge.kind === 'rule' ? { rule: judge.module } : {}),
  };
  return Object.fromEntries(
    Object.entries(files).map(([use, path]) => {
      if (path === undefined || !existsSync(path))
        throw new OrpoError('file', `${path} does not exist.`, `Check the path of the ${use}.`);
      return [use, hashFile(path).sha256];
    }),
  );
}

function refuseOther(before: unknown, now: unknown, what: string, path: string): void {
  const old = leaves(before);
  const fresh = leaves(now);
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    if (old.get(key) === fresh.get(key) || [...FREE].some((free) => key === free || key.startsWith(`${free}.`)))
      continue;
    throw new OrpoError(
      'run',
      `${path} was begun with other ${what}: "${key}" is ${old.get(key) ?? 'not set'} there and ${fresh.get(key) ?? 'not set'} now.`,
      'Put it back as it was, or choose another output.',
    );
  }
}

/** The values of nested mappings by their paths, as JSON. */
function leaves(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) leaves(inner, path === '' ? key : `${path}.${key}`, into);
  } else if (value !== undefined) {
    into.set(path, JSON.stringify(value));
  }
  return into;
}
