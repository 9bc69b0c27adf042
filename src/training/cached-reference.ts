import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cacheFolder } from '../cache-folder.js';
import { microBatches } from '../data/order.js';
import type { Tree } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import { stageFolder, verifyFolder } from '../files/atomic.js';
import { readJson, writeJson } from '../files/json-file.js';
import { hashFile } from '../files/manifest.js';
import type { OnFetchProgress } from '../files/progress.js';
import { pruneFolders } from '../files/prune-folders.js';
import { readSafetensors, writeSafetensors } from '../files/safetensors.js';
import type { WorkCount } from '../nn/work.js';
import { type Scorer, scoreTrees } from '../scoring/score-trees.js';
import { stepTotals } from '../scoring/step-totals.js';
import { fromTypedArray, MappedFile, noGrad, scope, threads, toFloat32Array, versions, zeros } from '../torch/index.js';
import { type Effort, effortSchema, measured } from './cost.js';

export interface CacheInputs {
  /** The frozen model, used where nothing is cached yet. */
  readonly frozen: Scorer;
  /** Folder or GGUF file of the model. */
  readonly modelPath: string;
  readonly precision: string;
  /** Where scores are read. */
  readonly device: string;
  readonly microTokens: number;
  /** Everything that will be asked for, in an order that is the same in every repetition of the run. */
  readonly trees: AsyncIterable<Tree>;
  /** Where what the frozen model computes is counted. */
  readonly work: WorkCount;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnFetchProgress | undefined;
}

const FILE = 'log-probs.safetensors';
const EFFORT = 'effort.json';

/** References kept in the cache, the newest ones: a hundred thousand responses take 400 kB. */
const KEPT = 64;

/**
 * A reference whose log-probs are computed once, before training, and kept in the user's cache under a hash of the
 * model's files, the tokens and all that decides their digits. Written whole or not at all; what does not verify is
 * computed anew. It gives sums over responses; prompts are not scored.
 */
export async function cachedReference(
  inputs: CacheInputs,
): Promise<{ readonly score: Scorer; readonly effort: Effort }> {
  const { device } = inputs;
  const trees = await distinct(inputs.trees);
  const folder = join(cacheFolder(), 'reference', cacheKey(inputs, trees));
  const known = readSums(folder, trees);
  const { sums, effort } = known ?? (await computed(inputs, trees));
  if (known === undefined) {
    stageFolder(folder, (staging) => {
      writeSafetensors(join(staging, FILE), [
        { name: 'sums', dtype: 'F32', shape: [sums.length], bytes: () => new Uint8Array(sums.buffer) },
      ]);
      writeJson(join(staging, EFFORT), effort);
    });
    pruneFolders(dirname(folder), KEPT);
  }
  const table = new Map<Int32Array, Map<Int32Array, number>>();
  let at = 0;
  for (const { trunk, branches } of trees) {
    const row = table.get(trunk) ?? new Map<Int32Array, number>();
    for (const { ids } of branches) row.set(ids, sums[at++] ?? Number.NaN);
    table.set(trunk, row);
  }
  const score: Scorer = (asked, _forest, step) => {
    const values = new Float32Array(asked.length * step.branches);
    const tokens = new Float32Array(values.length).fill(1);
    asked.forEach(({ trunk, branches, origin }, tree) => {
      branches.forEach(({ ids }, branch) => {
        const value = table.get(trunk)?.get(ids);
        if (value === undefined)
          throw new OrpoError(
            'internal',
            `The cached reference lacks row ${origin.row} of ${origin.file}.`,
            'Use reference: copy, and please report this.',
          );
        values[tree * step.branches + branch] = value;
        tokens[tree * step.branches + branch] = ids.length;
      });
    });
    const shape = [asked.length, step.branches];
    return {
      sums: fromTypedArray(values, shape, { device }),
      tokens: fromTypedArray(tokens, shape, { device }),
      trunkSums: zeros([asked.length], { dtype: 'float32', device }),
      step,
    };
  };
  return { score, effort };
}

interface Kept {
  readonly sums: Float32Array;
  readonly effort: Effort;
}

async function computed(inputs: CacheInputs, trees: readonly Tree[]): Promise<Kept> {
  const { result, effort } = await measured(inputs.work, () => compute(inputs, trees));
  return { sums: result, effort };
}

/** Trees whose responses were not all asked for under the same prompt before. */
async function distinct(trees: AsyncIterable<Tree>): Promise<Tree[]> {
  const seen = new Map<Int32Array, Set<Int32Array>>();
  const found: Tree[] = [];
  for await (const tree of trees) {
    const known = seen.get(tree.trunk) ?? new Set<Int32Array>();
    if (tree.branches.every(({ ids }) => known.has(ids))) continue;
    for (const { ids } of tree.branches) known.add(ids);
    seen.set(tree.trunk, known);
    found.push(tree);
  }
  return found;
}

async function compute(
  { frozen, microTokens, signal, onProgress }: CacheInputs,
  trees: readonly Tree[],
): Promise<Float32Array> {
  const sums = new Float32Array(trees.reduce((sum, { branches }) => sum + branches.length, 0));
  let at = 0;
  for (const part of microBatches(trees, microTokens)) {
    // lets signals through; this may take as long as an epoch
    await setImmediate();
    signal?.throwIfAborted();
    onProgress?.({ what: 'log-probs of the reference', done: at, total: sums.length, unit: 'rows' });
    const step = stepTotals(part, 'response');
    const values = scope(() => toFloat32Array(noGrad(() => scoreTrees(frozen, part, { nll: 'response' }, step)).sums));
    part.forEach(({ branches }, tree) => {
      branches.forEach((_, branch) => {
        sums[at++] = values[tree * step.branches + branch] ?? Number.NaN;
      });
    });
  }
  return sums;
}

function cacheKey({ modelPath, precision, microTokens }: CacheInputs, trees: readonly Tree[]): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([2, precision, microTokens, threads(), versions().torch]));
  for (const file of modelFiles(modelPath)) hash.update(`${basename(file)} ${hashFile(file).sha256}\n`);
  for (const { trunk, branches } of trees) {
    hash.update(`${trunk.length} ${branches.map(({ ids }) => ids.length).join(' ')}\n`);
    for (const ids of [trunk, ...branches.map((branch) => branch.ids)])
      hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
  }
  return hash.digest('hex').slice(0, 32);
}

/** What decides a model's log-probs: its weights and its configuration. */
function modelFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name === 'config.json' || name.endsWith('.safetensors'))
    .sort()
    .map((name) => join(path, name));
}

/** What the cache holds; undefined when there is nothing, or not what was written. */
function readSums(folder: string, trees: readonly Tree[]): Kept | undefined {
  if (!existsSync(folder)) return undefined;
  try {
    verifyFolder(folder);
  } catch (error) {
    if (error instanceof OrpoError) return undefined;
    throw error;
  }
  const path = join(folder, FILE);
  const stored = readSafetensors(path).tensors.get('sums');
  const count = trees.reduce((sum, { branches }) => sum + branches.length, 0);
  if (stored?.shape[0] !== count) return undefined;
  const effort = effortSchema.parse(readJson(join(folder, EFFORT)));
  const file = new MappedFile(path);
  try {
    return { sums: scope(() => toFloat32Array(file.tensor(stored.offset, stored.shape, 'float32'))), effort };
  } finally {
    file.dispose();
  }
}
