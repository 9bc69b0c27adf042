import type { TokenizerJson } from './vocabulary-size.js';

/** What a `tokenizer.json` of byte-pair encoding is put together from. A part that is absent does nothing. */
export interface BytePairParts {
  /** All tokens in the order of their ids. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** The tokens that are found in a text before it is cut into words. */
  readonly added: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
  readonly normalizer?: object;
  readonly preTokenizer?: object;
  readonly postProcessor?: object;
  readonly decoder: object;
  /** A word that is a token as a whole is taken without merging. */
  readonly ignoreMerges?: boolean;
  /** What is no token becomes its bytes, or the unknown token where those are missing. */
  readonly byteFallback?: { readonly unknown: string | undefined };
}

/** How byte-level vocabularies turn tokens back into text. */
export const BYTE_LEVEL_DECODER = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };

/** The contents of a `tokenizer.json`, with every key that readers in other languages expect. */
export function bytePairJson(parts: BytePairParts): TokenizerJson {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: parts.added.map(({ id, content, special }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    })),
    normalizer: parts.normalizer ?? null,
    pre_tokenizer: parts.preTokenizer ?? null,
    post_processor: parts.postProcessor ?? null,
    decoder: parts.decoder,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: parts.byteFallback?.unknown ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: parts.byteFallback !== undefined,
      byte_fallback: parts.byteFallback !== undefined,
      ignore_merges: parts.ignoreMerges ?? false,
      vocab: Object.fromEntries(parts.tokens.map((token, id) => [token, id])),
      merges: parts.merges,
    },
  };
}
