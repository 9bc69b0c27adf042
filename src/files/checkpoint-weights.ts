import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { OrpoError } from '../errors.js';
import { fsyncPath, writeFileAtomic } from './atomic.js';
import { readSafetensors, type TensorBytes, writeSafetensors } from './safetensors.js';
import { INDEX_NAME, locateShard, readShardIndex } from './shard-index.js';
import { diskError } from './system-error.js';
import { type StoredTensor, tensorByteLength } from './weights.js';

const SINGLE_NAME = 'model.safetensors';
const SHARD_NAME = /^model-[0-9]{5}-of-[0-9]{5}\.safetensors$/;
const DEFAULT_SHARD_BYTES = 5_000_000_000;

export interface WriteWeightsOptions {
  /** Free text for the files' headers; `format: pt` is added, which other readers ask for. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Most bytes of tensors in one file, default 5 GB; a single larger tensor still gets a file of its own. */
  readonly maxShardBytes?: number;
}

/**
 * Finds all tensors of a checkpoint folder in the Hugging Face layout: `model.safetensors`, or its shards by
 * `model.safetensors.index.json`. The data is not touched. Throws `file`, `format`, or `model` when the folder holds no
 * weights that can be read.
 */
export function openWeights(folder: string): ReadonlyMap<string, StoredTensor> {
  if (existsSync(join(folder, SINGLE_NAME))) return readSafetensors(join(folder, SINGLE_NAME)).tensors;
  if (existsSync(join(folder, INDEX_NAME))) return openShards(folder);
  throw noWeights(folder);
}

/**
 * Writes a checkpoint's tensors as `model.safetensors`, or as shards with an index when they exceed `maxShardBytes`.
 * Weights that an earlier save left in the folder in the other layout are removed once the new ones are durable.
 * Throws `disk`.
 */
export function writeWeights(
  folder: string,
  tensors: readonly TensorBytes[],
  { metadata = {}, maxShardBytes = DEFAULT_SHARD_BYTES }: WriteWeightsOptions = {},
): void {
  const notes = { format: 'pt', ...metadata };
  const shards = splitIntoShards(tensors, maxShardBytes);
  const written = new Set<string>();
  if (shards.length <= 1) {
    writeSafetensors(join(folder, SINGLE_NAME), tensors, notes);
    written.add(SINGLE_NAME);
  } else {
    const weightMap = new Map<string, string>();
    shards.forEach((shard, index) => {
      const name = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
      writeSafetensors(join(folder, name), shard, notes);
      written.add(name);
      for (const tensor of shard) weightMap.set(tensor.name, name);
    });
    writeFileAtomic(join(folder, INDEX_NAME), indexText(tensors, weightMap));
    written.add(INDEX_NAME);
  }
  removeStale(folder, written);
}

function openShards(folder: string): ReadonlyMap<string, StoredTensor> {
  const index = readShardIndex(folder);
  const shards = new Map<string, ReadonlyMap<string, StoredTensor>>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, file] of index) {
    let shard = shards.get(file);
    if (shard === undefined) {
      shard = readSafetensors(locateShard(folder, file)).tensors;
      shards.set(file, shard);
    }
    const tensor = shard.get(name);
    if (tensor === undefined) {
      throw new OrpoError(
        'format',
        `${join(folder, file)} does not hold the tensor "${name}" that the index places there.`,
        'The shards and the index are of different checkpoints; fetch them again.',
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function splitIntoShards(tensors: readonly TensorBytes[], maxShardBytes: number): TensorBytes[][] {
  const shards: TensorBytes[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = sizeOf(tensor);
    const shard = shards.at(-1);
    if (shard === undefined || bytes > room) {
      shards.push([tensor]);
      room = maxShardBytes - bytes;
    } else {
      shard.push(tensor);
      room -= bytes;
    }
  }
  return shards;
}

function indexText(tensors: readonly TensorBytes[], weightMap: ReadonlyMap<string, string>): string {
  const total = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const names = [...weightMap.keys()].sort();
  const lines = names.map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(weightMap.get(name))}`);
  return `{\n  "metadata": {\n    "total_size": ${total}\n  },\n  "weight_map": {\n${lines.join(',\n')}\n  }\n}\n`;
}

function removeStale(folder: string, written: ReadonlySet<string>): void {
  try {
    const stale = readdirSync(folder).filter(
      (name) => !written.has(name) && (name === SINGLE_NAME || name === INDEX_NAME || SHARD_NAME.test(name)),
    );
    // the single file goes last: while it is there, the folder still opens as what it was
    for (const name of stale.sort()) rmSync(join(folder, name));
    if (stale.length > 0) fsyncPath(folder);
  } catch (error) {
    throw diskError(`Cannot remove the earlier weights from ${folder}`, error);
  }
}

function sizeOf(tensor: TensorBytes): number {
  return tensorByteLength(tensor.dtype, tensor.shape) ?? Number.MAX_SAFE_INTEGER;
}

function number(value: number): string {
  return String(value).padStart(5, '0');
}

function noWeights(folder: string): OrpoError {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return new OrpoError('file', `The folder ${folder} does not exist.`, 'Check the path of the model.');
  }
  const names = readdirSync(folder);
  const pickle = names.find((name) => /\.(?:bin|pt|pth|ckpt)(?:\.index\.json)?$/.test(name));
  if (pickle !== undefined) {
    return new OrpoError(
      'model',
      `${folder} holds PyTorch pickle weights (${pickle}); only safetensors is read, because a pickle can run code.`,
      'Convert it once in Python: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder, safe_serialization=True).',
    );
  }
  const gguf = names.find((name) => name.endsWith('.gguf'));
  if (gguf !== undefined) {
    return new OrpoError(
      'model',
      `${folder} has no safetensors weights.`,
      `Name the GGUF file: ${join(folder, gguf)}.`,
    );
  }
  return new OrpoError(
    'model',
    `${folder} has neither ${SINGLE_NAME} nor ${INDEX_NAME}.`,
    'Name the folder that holds the weights of a Hugging Face checkpoint.',
  );
}
