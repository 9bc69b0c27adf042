import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openWeights } from '../../files/checkpoint-weights.js';
import { readSafetensors } from '../../files/safetensors.js';
import type { CausalLM } from '../../models/causal-lm.js';
import { llama } from '../../models/llama.js';
import { ModelConfig } from '../../models/model-config.js';
import { CheckpointSource } from '../../models/parameter-sources.js';
import { ForestAttention } from '../../nn/forest-attention.js';
import { ParameterStore } from '../../nn/parameter-store.js';
import { logits } from '../../nn/token-log-probs.js';
import { fromIndices, MappedFile, noGrad, type Tensor, toFloat32Array } from '../../torch/index.js';

export interface Pair {
  readonly prompt: readonly number[];
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
}

const candidates = ['test/fixtures/golden', process.env.GOLDEN_DIR ?? '../shared/golden'];
const isThere = (folder: string) => existsSync(join(folder, 'adapters/llama-lora-r4'));

/** Folders of golden files: the repository's own, and GOLDEN_DIR. */
export const goldenFolders = candidates.filter(isThere);
export const absentFolders = candidates.filter((folder) => !isThere(folder));

export function goldenLlama(golden: string, dtype: 'float32' | 'bfloat16' = 'float32'): CausalLM {
  const folder = resolve(golden, 'models/llama');
  const config = new ModelConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), folder);
  return llama.build(config, new ParameterStore(new CheckpointSource(openWeights(folder), dtype, folder, 'model.')));
}

export function goldenPairs(golden: string): readonly Pair[] {
  return JSON.parse(readFileSync(join(golden, 'methods/pairs.json'), 'utf8')).pairs;
}

/** A golden float32 tensor. */
export function goldenTensor(path: string, name: string): { shape: readonly number[]; numbers: Float32Array } {
  const stored = readSafetensors(path).tensors.get(name);
  if (stored === undefined) throw new Error(`${path} has no ${name}`);
  using file = new MappedFile(path);
  using tensor = file.tensor(stored.offset, stored.shape, 'float32');
  return { shape: stored.shape, numbers: toFloat32Array(tensor) };
}

/** Final hidden states `[N, D]` of one sequence. */
export function hiddenOf(model: CausalLM, ids: readonly number[]): Tensor {
  const positions = fromIndices(ids.map((_, i) => i));
  const tree = { trunkBegin: 0, trunkLength: ids.length, branches: [] };
  return model.hidden(fromIndices(ids), new ForestAttention([tree], positions));
}

/** `[N, V]` logits of one sequence. */
export function logitsOf(model: CausalLM, ids: readonly number[]): Tensor {
  return noGrad(() => logits(hiddenOf(model, ids), model.head));
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)));
  return largest;
}
