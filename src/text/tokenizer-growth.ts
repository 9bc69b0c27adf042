import { wrongPart } from './tokenizer-parts.js';

/** Parts of a tokenizer may write a text longer, byte by byte or by a replacement, but not without end. */
const GROWTH = 64;
const SMALL_TEXT = 4096;

/** The library's own parts; each is one step or several in a row. */
export interface Normaliser {
  normalize(text: string): string;
  readonly normalizers?: readonly (Normaliser | null)[];
}
export interface Decoder {
  decode_chain(tokens: readonly string[]): string[];
  readonly decoders?: readonly Decoder[];
}

/**
 * Keeps what normalisers and decoders write within bounds; the library's parts are changed in place.
 * They throw `OrpoError('tokenizer')` from then on.
 */
export function boundGrowth(normaliser: Normaliser | null, decoder: Decoder | null, origin: string): void {
  const check = (before: number, after: number): void => {
    if (after <= before * GROWTH + SMALL_TEXT) return;
    throw wrongPart(origin, `a normaliser or decoder makes ${after} characters of ${before}`);
  };
  if (normaliser !== null) boundNormaliser(normaliser, check);
  if (decoder !== null) boundDecoder(decoder, check);
}

type Check = (before: number, after: number) => void;

/** Steps of a sequence are measured against what went into the whole. */
function boundNormaliser(whole: Normaliser, check: Check): void {
  let before = 0;
  const bound = (part: Normaliser): void => {
    const run = part.normalize.bind(part);
    part.normalize = (text) => {
      if (part === whole) before = text.length;
      const result = run(text);
      check(before, result.length);
      return result;
    };
    for (const inner of part.normalizers ?? []) if (inner !== null) bound(inner);
  };
  bound(whole);
}

function boundDecoder(whole: Decoder, check: Check): void {
  let before = 0;
  const bound = (part: Decoder): void => {
    const run = part.decode_chain.bind(part);
    part.decode_chain = (tokens) => {
      if (part === whole) before = lengthOf(tokens);
      const result = run(tokens);
      check(before, lengthOf(result));
      return result;
    };
    for (const inner of part.decoders ?? []) bound(inner);
  };
  bound(whole);
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
