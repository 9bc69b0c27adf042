import { OrpoError } from '../errors.js';
import { preTokenizerNamed } from './gguf-pre-tokenizers.js';
import { libraryTokenizer } from './library-tokenizer.js';
import { BYTES_ONLY, splitOn } from './pre-tokenizer-fixes.js';
import { scoreTokenizer, TOKEN_KIND } from './score-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

/** The metadata of a GGUF file: names to plain values; whole numbers may be bigints, lists may be typed arrays. */
export type GgufMetadata = ReadonlyMap<string, unknown>;

/**
 * The tokenizer inside a GGUF file's metadata: `gpt2` (byte-level byte pairs) or `llama` (SentencePiece by scores).
 * `origin` names the file in messages. Errors: `OrpoError('tokenizer')` naming the key.
 */
export function tokenizerFromGguf(metadata: GgufMetadata, origin = 'the GGUF file'): Tokenizer {
  const model = metadata.get('tokenizer.ggml.model');
  if (model === 'gpt2') return bytePairTokenizer(metadata, origin);
  if (model === 'llama') return sentencePieceTokenizer(metadata, origin);
  throw new OrpoError(
    'tokenizer',
    typeof model === 'string'
      ? `${origin} has a tokenizer of the kind "${model}" (tokenizer.ggml.model), which is not known here.`
      : `${origin} has no tokenizer (tokenizer.ggml.model).`,
    "Put the model's tokenizer.json beside the weights; the kinds known in GGUF files are gpt2 and llama.",
  );
}

function bytePairTokenizer(metadata: GgufMetadata, origin: string): Tokenizer {
  const tokens = texts(metadata, 'tokenizer.ggml.tokens', origin);
  const kinds = numbers(metadata, 'tokenizer.ggml.token_type', origin) ?? [];
  const preName = metadata.get('tokenizer.ggml.pre');
  const pre = preTokenizerNamed(typeof preName === 'string' ? preName : 'default', origin);
  const bos = tokenId(metadata, 'tokenizer.ggml.bos_token_id');
  const eos = tokenId(metadata, 'tokenizer.ggml.eos_token_id');

  const addedKinds: readonly (number | undefined)[] = [TOKEN_KIND.unknown, TOKEN_KIND.control, TOKEN_KIND.userDefined];
  const added_tokens = tokens.flatMap((content, id) =>
    content !== '' && addedKinds.includes(kinds[id])
      ? [{ id, content, normalized: false, special: kinds[id] !== TOKEN_KIND.userDefined }]
      : [],
  );
  const around = (flag: string, fallback: boolean, id: number | undefined) => {
    const content = id === undefined ? undefined : tokens[id];
    return content !== undefined && truth(metadata, flag, fallback)
      ? [{ SpecialToken: { id: content, type_id: 0 } }]
      : [];
  };
  const json = {
    added_tokens,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...pre.splits.map(splitOn), BYTES_ONLY] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        ...around('tokenizer.ggml.add_bos_token', pre.addBos, bos),
        { Sequence: { id: 'A', type_id: 0 } },
        ...around('tokenizer.ggml.add_eos_token', false, eos),
      ],
      pair: [],
    },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: texts(metadata, 'tokenizer.ggml.merges', origin).map((merge) => pairOf(merge, origin)),
      ignore_merges: pre.ignoreMerges,
    },
  };
  const pad = tokenId(metadata, 'tokenizer.ggml.padding_token_id');
  return libraryTokenizer(json, origin, () => ({ bos, eos, pad, cleanUpSpaces: false }));
}

/** A merge is two tokens with one space between; byte-level tokens hold no space, so the first one after the start parts them. */
function pairOf(merge: string, origin: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space === -1) throw wrong('tokenizer.ggml.merges', `the pair "${merge}" has no space`, origin);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function sentencePieceTokenizer(metadata: GgufMetadata, origin: string): Tokenizer {
  const tokens = texts(metadata, 'tokenizer.ggml.tokens', origin);
  const scores = numbers(metadata, 'tokenizer.ggml.scores', origin);
  if (scores?.length !== tokens.length) {
    throw wrong('tokenizer.ggml.scores', `there are ${scores?.length ?? 0} scores for ${tokens.length} tokens`, origin);
  }
  return scoreTokenizer({
    origin,
    tokens,
    scores,
    kinds: numbers(metadata, 'tokenizer.ggml.token_type', origin) ?? [],
    bos: tokenId(metadata, 'tokenizer.ggml.bos_token_id'),
    eos: tokenId(metadata, 'tokenizer.ggml.eos_token_id'),
    pad: tokenId(metadata, 'tokenizer.ggml.padding_token_id'),
    unknown: tokenId(metadata, 'tokenizer.ggml.unknown_token_id'),
    addBos: truth(metadata, 'tokenizer.ggml.add_bos_token', true),
    addEos: truth(metadata, 'tokenizer.ggml.add_eos_token', false),
    addSpacePrefix: truth(metadata, 'tokenizer.ggml.add_space_prefix', true),
  });
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
