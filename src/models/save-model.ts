import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../files/atomic.js';
import { writeWeights } from '../files/checkpoint-weights.js';
import { readGguf } from '../files/gguf.js';
import { makeFolder } from '../files/make-folder.js';
import type { TensorBytes } from '../files/safetensors.js';
import type { StoredDtype } from '../files/weights.js';
import type { Parameter } from '../nn/parameter.js';
import { templateOfGguf } from '../text/find-chat-template.js';
import { ggufTokenizerJson } from '../text/gguf-tokenizer-json.js';
import { readGgufVocabulary } from '../text/gguf-vocabulary.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { type DType, scope, toBytes } from '../torch/index.js';
import type { LoadedModel } from './load-model.js';
import type { ModelConfig } from './model-config.js';
import { savedConfigText } from './saved-config.js';

export type SavedDtype = 'float32' | 'bfloat16' | 'float16';

export interface SaveModelOptions {
  /** Dtype of the written weights; that of the loaded ones when absent, which loses nothing. */
  readonly dtype?: SavedDtype;
  /** Most bytes of tensors in one file. */
  readonly maxShardBytes?: number;
}

const STORED: Readonly<Record<SavedDtype, StoredDtype>> = { float32: 'F32', bfloat16: 'BF16', float16: 'F16' };

/** Files of a model folder that training does not change. */
const COPIED = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
];

/**
 * Writes a model as a Hugging Face folder: `config.json`, `model.safetensors` and the tokenizer's files. A tied head is
 * not written twice. Loading the folder again gives the same weights bit for bit. `folder` is made when it is missing;
 * each file is written in one step.
 *
 * @throws OrpoError `disk`
 */
export function saveModel(loaded: LoadedModel, folder: string, options: SaveModelOptions = {}): void {
  const { model, config, path, tokenizer } = loaded;
  makeFolder(folder);
  const dtype = options.dtype ?? savedDtype(model.head.weight.dtype);
  const configText = savedConfigText(config, path, dtype);
  // what can fail for its contents comes before the weights
  if (config.origin === path) writeGgufCompanions(path, tokenizer, config, folder);
  else copyCompanions(path, folder);
  writeWeights(
    folder,
    [...model.store.parameters.values()].map((parameter) => stored(parameter, dtype)),
    options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes },
  );
  writeFileAtomic(join(folder, 'config.json'), configText);
}

function stored(parameter: Parameter, dtype: SavedDtype): TensorBytes {
  return {
    name: parameter.name,
    dtype: STORED[dtype],
    shape: parameter.shape,
    bytes: () =>
      scope(() => toBytes(parameter.value.dtype === dtype ? parameter.value : parameter.value.toDtype(dtype))),
  };
}

function savedDtype(dtype: DType): SavedDtype {
  return dtype === 'bfloat16' || dtype === 'float16' ? dtype : 'float32';
}

function copyCompanions(from: string, to: string): void {
  if (resolve(from) === resolve(to)) return;
  for (const name of COPIED) {
    const path = join(from, name);
    if (existsSync(path)) writeFileAtomic(join(to, name), readFileSync(path));
  }
}

function writeGgufCompanions(path: string, tokenizer: Tokenizer, config: ModelConfig, folder: string): void {
  const { metadata } = readGguf(path);
  const token = (name: 'bos' | 'eos' | 'pad') => {
    const id = tokenizer[name];
    return id === undefined ? {} : { [`${name}_token`]: tokenizer.tokenText(id) };
  };
  const template = templateOfGguf(metadata);
  writeJson(join(folder, 'tokenizer.json'), ggufTokenizerJson(readGgufVocabulary(metadata, path)));
  writeJson(join(folder, 'tokenizer_config.json'), {
    ...token('bos'),
    ...token('eos'),
    ...token('pad'),
    ...(template === undefined ? {} : { chat_template: template }),
    clean_up_tokenization_spaces: false,
    model_max_length: config.number('max_position_embeddings'),
    tokenizer_class: 'PreTrainedTokenizerFast',
  });
  const ids = ['bos_token_id', 'eos_token_id', 'pad_token_id'].filter(
    (key) => config.optionalNumber(key) !== undefined,
  );
  writeJson(join(folder, 'generation_config.json'), Object.fromEntries(ids.map((key) => [key, config.number(key)])));
}

function writeJson(path: string, value: object): void {
  writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
