import { wrongPart } from './tokenizer-parts.js';
import type { Decoder, Normaliser, PreTokenizer } from './tokenizers-library.js';

/** Parts of a tokenizer may write a text longer, byte by byte or by a replacement, but not without end. */
const GROWTH = 64;
const SMALL_TEXT = 4096;

interface Parts {
  readonly normalizer: Normaliser | null;
  readonly pre_tokenizer: PreTokenizer | null;
  readonly decoder: Decoder | null;
}

/**
 * Keeps what the parts of a tokenizer write within bounds; the library's parts are changed in place.
 * They throw `OrpoError('tokenizer')` from then on.
 */
export function boundGrowth({ normalizer, pre_tokenizer, decoder }: Parts, origin: string): void {
  /** Follows one part and those in it, all measured against what went into the whole. */
  const follow = (): Follow => {
    let before = 0;
    return (input, run) => {
      if (input !== undefined) before = lengthOf(input);
      const result = run();
      const after = lengthOf(result);
      if (after <= before * GROWTH + SMALL_TEXT) return result;
      throw wrongPart(origin, `a normaliser, pre-tokenizer or decoder makes ${after} characters of ${before}`);
    };
  };
  if (normalizer !== null) boundNormaliser(normalizer, follow(), true);
  if (pre_tokenizer !== null) boundPreTokenizer(pre_tokenizer, follow(), true);
  if (decoder !== null) boundDecoder(decoder, follow(), true);
}

/** `input` is undefined for a part inside another. */
type Follow = <T extends string | readonly string[]>(input: string | readonly string[] | undefined, run: () => T) => T;

function boundNormaliser(part: Normaliser, follow: Follow, whole: boolean): void {
  const run = part.normalize.bind(part);
  part.normalize = (text) => follow(whole ? text : undefined, () => run(text));
  for (const inner of part.normalizers ?? []) if (inner !== null) boundNormaliser(inner, follow, false);
}

function boundPreTokenizer(part: PreTokenizer, follow: Follow, whole: boolean): void {
  const run = part.pre_tokenize.bind(part);
  part.pre_tokenize = (text, options) => follow(whole ? text : undefined, () => run(text, options));
  for (const inner of part.tokenizers ?? []) if (inner !== null) boundPreTokenizer(inner, follow, false);
}

function boundDecoder(part: Decoder, follow: Follow, whole: boolean): void {
  const run = part.decode_chain.bind(part);
  part.decode_chain = (tokens) => follow(whole ? tokens : undefined, () => run(tokens));
  for (const inner of part.decoders ?? []) boundDecoder(inner, follow, false);
}

function lengthOf(text: string | readonly string[]): number {
  return typeof text === 'string' ? text.length : text.reduce((sum, part) => sum + part.length, 0);
}
