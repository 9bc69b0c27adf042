/**
 * The tokenizer library behind our own types: its declaration files cannot be followed in ES modules. Only what this floor
 * uses is named here.
 */
import { Tokenizer } from '@huggingface/tokenizers';

export interface LibraryTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: (number | undefined)[] };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  readonly added_tokens: readonly AddedToken[];
  readonly model: MergingModel;
  readonly normalizer: Normaliser | null;
  readonly pre_tokenizer: PreTokenizer | null;
  readonly decoder: Decoder | null;
}
export const LibraryTokenizer: new (json: object, config: object) => LibraryTokenizer = Tokenizer;

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Takes the white space before it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Is found after the normaliser, if there is one. */
  readonly normalized: boolean;
}

/** Byte pairs: words in printable stand-ins of their bytes -> tokens. */
export interface MergingModel {
  encode(words: readonly string[]): string[];
  /** Whether unknown tokens beside one another become one. */
  readonly fuse_unk: boolean;
  readonly merges: readonly unknown[];
  readonly end_of_word_suffix?: unknown;
  readonly continuing_subword_suffix?: unknown;
  /** The tokens of one word. */
  bpe(word: string): string[];
  /** Puts a token that merges with the next one in line. */
  add_node(queue: { push(node: MergeNode): void }, node: MergeNode): void;
}
interface MergeNode {
  readonly token: string;
  readonly next: { readonly token: string };
  /** Where it stands in the word, below 1. */
  readonly bias: number;
  score: number;
}

/** The parts around the model; each is one step or several in a row. */
export interface Normaliser {
  normalize(text: string): string;
  readonly normalizers?: readonly (Normaliser | null)[];
}
export interface PreTokenizer {
  pre_tokenize(text: string | readonly string[], options?: object): string[];
  readonly tokenizers?: readonly (PreTokenizer | null)[];
  /** Its part of `tokenizer.json`; a sequence has none. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What a `Split` looks for. */
  readonly pattern?: unknown;
}
export interface Decoder {
  decode_chain(tokens: readonly string[]): string[];
  readonly decoders?: readonly Decoder[];
  text_decoder?: InstanceType<typeof TextDecoder>;
}
