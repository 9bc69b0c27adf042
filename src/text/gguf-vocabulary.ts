import { OrpoError } from '../errors.js';
import { type PreTokenizer, preTokenizerNamed } from './gguf-pre-tokenizers.js';
import type { ScoredVocabulary } from './score-tokenizer.js';

/** The metadata of a GGUF file: names to plain values; whole numbers may be bigints, lists may be typed arrays. */
export type GgufMetadata = ReadonlyMap<string, unknown>;

/** A byte-level byte-pair vocabulary (the model `gpt2` in GGUF files). */
export interface BytePairVocabulary extends Omit<ScoredVocabulary, 'scores' | 'unknown' | 'addSpacePrefix'> {
  readonly pre: PreTokenizer;
  readonly merges: readonly (readonly [left: string, right: string])[];
}

export type GgufVocabulary =
  | { readonly model: 'gpt2'; readonly vocabulary: BytePairVocabulary }
  | { readonly model: 'llama'; readonly vocabulary: ScoredVocabulary };

/**
 * The vocabulary inside a GGUF file's metadata, checked. `origin` names the file in messages.
 * Errors: `OrpoError('tokenizer')` naming the key.
 */
export function readGgufVocabulary(metadata: GgufMetadata, origin: string): GgufVocabulary {
  const model = metadata.get('tokenizer.ggml.model');
  if (model === 'gpt2') return { model, vocabulary: bytePairVocabulary(metadata, origin) };
  if (model === 'llama') return { model, vocabulary: scoredVocabulary(metadata, origin) };
  throw new OrpoError(
    'tokenizer',
    typeof model === 'string'
      ? `${origin} has a tokenizer of the kind "${model}" (tokenizer.ggml.model), which is not known here.`
      : `${origin} has no tokenizer (tokenizer.ggml.model).`,
    "Put the model's tokenizer.json beside the weights; the kinds known in GGUF files are gpt2 and llama.",
  );
}

function bytePairVocabulary(metadata: GgufMetadata, origin: string): BytePairVocabulary {
  const name = metadata.get('tokenizer.ggml.pre');
  const pre = preTokenizerNamed(typeof name === 'string' ? name : 'default', origin);
  return {
    ...commonParts(metadata, origin, pre.addBos),
    pre,
    merges: texts(metadata, 'tokenizer.ggml.merges', origin).map((merge) => pairOf(merge, origin)),
  };
}

function scoredVocabulary(metadata: GgufMetadata, origin: string): ScoredVocabulary {
  const common = commonParts(metadata, origin, true);
  const scores = numbers(metadata, 'tokenizer.ggml.scores', origin);
  const wanted = common.tokens.length;
  if (scores?.length !== wanted) {
    throw wrong('tokenizer.ggml.scores', `there are ${scores?.length ?? 0} scores for ${wanted} tokens`, origin);
  }
  return {
    ...common,
    scores,
    unknown: tokenId(metadata, 'tokenizer.ggml.unknown_token_id'),
    addSpacePrefix: truth(metadata, 'tokenizer.ggml.add_space_prefix', true),
  };
}

function commonParts(metadata: GgufMetadata, origin: string, addBos: boolean) {
  return {
    origin,
    tokens: texts(metadata, 'tokenizer.ggml.tokens', origin),
    kinds: numbers(metadata, 'tokenizer.ggml.token_type', origin) ?? [],
    bos: tokenId(metadata, 'tokenizer.ggml.bos_token_id'),
    eos: tokenId(metadata, 'tokenizer.ggml.eos_token_id'),
    pad: tokenId(metadata, 'tokenizer.ggml.padding_token_id'),
    addBos: truth(metadata, 'tokenizer.ggml.add_bos_token', addBos),
    addEos: truth(metadata, 'tokenizer.ggml.add_eos_token', false),
  };
}

/** A merge is two tokens with one space between; byte-level tokens hold no space, so the first one after the start parts them. */
function pairOf(merge: string, origin: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space === -1) throw wrong('tokenizer.ggml.merges', `the pair "${merge}" has no space`, origin);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function texts(metadata: GgufMetadata, key: string, origin: string): readonly string[] {
  const value = metadata.get(key);
  const isTexts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((item) => typeof item === 'string');
  if (!isTexts(value)) throw wrong(key, 'it is not a list of texts', origin);
  return value;
}

function numbers(metadata: GgufMetadata, key: string, origin: string): readonly number[] | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw wrong(key, 'it is not a list of numbers', origin);
  return Array.from(isIterable(value) ? value : [], Number);
}

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value;

/** A token id, or undefined where the key is missing or holds the 2³² − 1 that stands for none. */
function tokenId(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const id = Number(value);
  return id >= 0 && id < 0xffff_ffff ? id : undefined;
}

function truth(metadata: GgufMetadata, key: string, fallback: boolean): boolean {
  const value = metadata.get(key);
  return typeof value === 'boolean' ? value : fallback;
}

function wrong(key: string, reason: string, origin: string): OrpoError {
  return new OrpoError(
    'tokenizer',
    `${origin} cannot be used as a tokenizer: in ${key}, ${reason}.`,
    'Convert the model to GGUF again, or take its tokenizer.json.',
  );
}
