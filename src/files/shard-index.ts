import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { OrpoError } from '../errors.js';
import { readTextFile } from './regular-file.js';
import { isJsonObject, JsonFault, parseStrictJson, type StrictJson } from './strict-json.js';

export const INDEX_NAME = 'model.safetensors.index.json';

const MAX_INDEX_BYTES = 100_000_000;
const MOST_SHARDS = 10_000;
const LONGEST_FILE_NAME = 255;

/**
 * Reads the index of a sharded checkpoint: which tensor lies in which file of the same folder.
 * The index may come from anywhere, so a file name that could lead out of the folder is refused. Throws `format`.
 */
export function readShardIndex(folder: string): ReadonlyMap<string, string> {
  const path = join(folder, INDEX_NAME);
  const root = parse(path, readTextFile(path, MAX_INDEX_BYTES));
  const weightMap = isJsonObject(root) ? root.get('weight_map') : undefined;
  if (!isJsonObject(weightMap)) throw badIndex(path, 'it has no "weight_map" object');
  const shards = new Map<string, string>();
  const files = new Set<string>();
  for (const [tensor, file] of weightMap) {
    if (typeof file !== 'string') throw badIndex(path, `the file of tensor ${JSON.stringify(tensor)} is not a text`);
    if (!files.has(file)) checkShardName(path, file);
    files.add(file);
    if (files.size > MOST_SHARDS) throw badIndex(path, `it names more than ${MOST_SHARDS} files`);
    shards.set(tensor, file);
  }
  return shards;
}

/**
 * The path of a shard, once it is sure that no symbolic link leads out of the folder. Links into `blobs` of the same
 * Hugging Face cache entry are how that cache is built, and allowed.
 */
export function locateShard(folder: string, file: string): string {
  const path = join(folder, file);
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    throw new OrpoError('file', `${path}, which the index names, is missing.`, 'Fetch the whole checkpoint again.', {
      cause: error,
    });
  }
  const home = realpathSync(folder);
  if (dirname(real) === home || dirname(real) === blobFolder(home)) return path;
  throw new OrpoError(
    'format',
    `${path} is a symbolic link that leads out of its folder, to ${real}.`,
    'Put the file itself into the folder, or name the folder that holds it.',
  );
}

function blobFolder(home: string): string | undefined {
  const snapshots = dirname(home);
  return basename(snapshots) === 'snapshots' ? join(dirname(snapshots), 'blobs') : undefined;
}

function checkShardName(path: string, file: string): void {
  const shown = JSON.stringify(file.length > 80 ? `${file.slice(0, 80)}…` : file);
  // letters and marks of any script are fine; separators, drive and stream colons and control characters are not
  if (!/^[^/\\:\p{Control}]+$/u.test(file)) throw badIndex(path, `${shown} is not a plain file name`);
  if (file.startsWith('.')) throw badIndex(path, `${shown} is not a plain file name`);
  if (!file.endsWith('.safetensors')) throw badIndex(path, `${shown} does not end in .safetensors`);
  if (Buffer.byteLength(file) > LONGEST_FILE_NAME) throw badIndex(path, `the file name ${shown} is too long`);
}

function parse(path: string, text: string): StrictJson {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonFault) throw badIndex(path, error.message);
    throw error;
  }
}

function badIndex(path: string, what: string): OrpoError {
  return new OrpoError('format', `${path} is not a valid index: ${what}.`, 'Fetch the whole checkpoint again.');
}
