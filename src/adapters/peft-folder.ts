import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OrpoError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic.js';
import { makeFolder } from '../files/make-folder.js';
import { readTextFile } from '../files/regular-file.js';
import { readSafetensors, writeSafetensors } from '../files/safetensors.js';
import type { StoredDtype, StoredTensor } from '../files/weights.js';
import type { LinearLayer } from '../nn/linear.js';
import type { Parameter } from '../nn/parameter.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import { type DType, MappedFile, scope, type Tensor, toBytes } from '../torch/index.js';
import { tensorNames } from './lora.js';
import { LoraSet } from './lora-set.js';
import { type AdapterTask, formatPeftConfig, parsePeftConfig } from './peft-config.js';
import { checkLayers, isTarget } from './targets.js';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const LARGEST_CONFIG = 1 << 20;
const FLOATS: ReadonlyMap<StoredDtype, DType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);

export interface SaveAdapterOptions {
  /** The base model's name or folder. */
  readonly base: string;
  /** The scalar head of a reward model, which is saved whole beside the adapter. */
  readonly score?: Parameter | undefined;
}

/**
 * Writes the float32 weights as PEFT does, so that it and the tools that read its adapters can load them. The folder is
 * made when missing; each file is replaced in one step, the config last.
 *
 * @throws OrpoError `disk`
 */
export function saveAdapter(set: LoraSet, folder: string, options: SaveAdapterOptions): void {
  const { base, score } = options;
  makeFolder(folder);
  const tensors = set.parameters.map(stored);
  if (score !== undefined) tensors.push({ ...stored(score), name: savedName(score) });
  writeSafetensors(join(folder, WEIGHTS), tensors, { format: 'pt' });
  writeFileAtomic(join(folder, CONFIG), formatPeftConfig(set, base, score === undefined ? 'CAUSAL_LM' : 'SEQ_CLS'));
}

/**
 * Hangs a saved LoRA adapter on the model it was trained for. `score` is the scalar head of a reward model, whose saved
 * weights it takes.
 *
 * @throws OrpoError `adapter` when its config asks for more than plain LoRA, or when a tensor is missing, surplus or of
 * another shape; `file` or `format` when a file is missing or damaged.
 */
export function loadAdapter(store: ParameterStore, folder: string, score?: Parameter): LoraSet {
  const configPath = join(folder, CONFIG);
  const weightsPath = join(folder, WEIGHTS);
  const { config, task } = parsePeftConfig(readTextFile(configPath, LARGEST_CONFIG), configPath);
  requireTask(folder, task, score);
  if (!existsSync(weightsPath) && existsSync(join(folder, 'adapter_model.bin'))) {
    throw new OrpoError(
      'adapter',
      `${folder} holds its weights as adapter_model.bin, a pickle file.`,
      `Save it with PEFT's safe_serialization=True, which writes ${WEIGHTS}.`,
    );
  }
  const { tensors } = readSafetensors(weightsPath);
  const { targets } = config;
  const linears = [...store.linears.values()].filter(
    (linear) => targets === 'all-linear' || targets.some((target) => isTarget(linear, target)),
  );
  checkTensors(weightsPath, tensors, linears, { rank: config.rank, score });
  checkLayers(linears, config.rank);
  const file = new MappedFile(weightsPath);
  try {
    if (score !== undefined) {
      const name = savedName(score);
      scope(() => score.restore(readTensor(file, tensors.get(name), name)));
    }
    return new LoraSet(config, linears, (linear) => {
      const { down, up } = tensorNames(linear);
      return { down: readTensor(file, tensors.get(down), down), up: readTensor(file, tensors.get(up), up) };
    });
  } finally {
    file.dispose();
  }
}

/** @throws OrpoError `adapter` when a reward model's adapter is to be hung on a language model, or the other way round */
function requireTask(folder: string, task: AdapterTask, score: Parameter | undefined): void {
  if ((task === 'SEQ_CLS') === (score !== undefined)) return;
  throw score === undefined
    ? new OrpoError('adapter', `${folder} is a reward model's adapter.`, 'Use it with `orpo score --reward`.')
    : new OrpoError('adapter', `${folder} is no reward model's adapter.`, 'Train one with `method: reward`.');
}

/** The name PEFT gives a module that is saved whole. */
function savedName({ name }: Parameter): string {
  return `base_model.model.${name}`;
}

function stored(parameter: Parameter) {
  const { name, shape } = parameter;
  return { name, dtype: 'F32' as const, shape, bytes: () => scope(() => toBytes(parameter.wide())) };
}

function checkTensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  linears: readonly LinearLayer[],
  { rank, score }: { readonly rank: number; readonly score: Parameter | undefined },
): void {
  const surplus = new Set(tensors.keys());
  const wanted = new Map<string, readonly number[]>();
  for (const linear of linears) {
    const names = tensorNames(linear);
    wanted.set(names.down, [rank, linear.in]).set(names.up, [linear.out, rank]);
  }
  if (score !== undefined) wanted.set(savedName(score), score.shape);
  for (const [name, shape] of wanted) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw misfit(`${path} has no tensor "${name}"`);
    if (tensor.shape.join() !== shape.join()) {
      throw misfit(
        `${path}: "${name}" has shape [${tensor.shape.join(', ')}], the model asks for [${shape.join(', ')}]`,
      );
    }
    surplus.delete(name);
  }
  const [first] = surplus;
  if (first !== undefined) throw misfit(`${path}: the model has no place for "${first}"`);
  if (linears.length === 0) throw misfit(`${path} adapts no layer of this model`);
}

function misfit(what: string): OrpoError {
  return new OrpoError(
    'adapter',
    `${what}.`,
    'The adapter must have been trained on this base model, and on linear layers other than the head.',
  );
}

function readTensor(file: MappedFile, tensor: StoredTensor | undefined, name: string): Tensor {
  const dtype = tensor === undefined ? undefined : FLOATS.get(tensor.dtype);
  if (tensor === undefined || dtype === undefined) {
    throw misfit(`"${name}" is stored as ${tensor?.dtype ?? 'nothing'}, floating-point numbers were expected`);
  }
  return file.tensor(tensor.offset, tensor.shape, dtype).toDtype('float32');
}
