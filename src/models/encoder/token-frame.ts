import { leadingIds } from '../../text/encode-split.js';
import type { Tokenizer } from '../../text/tokenizer.js';

/** The special tokens a tokenizer puts around a text. */
export interface TokenFrame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export function tokenFrame(tokenizer: Tokenizer): TokenFrame {
  const before = leadingIds(tokenizer);
  const bare = tokenizer.encode('a');
  return { before, after: tokenizer.encode('a', { addSpecialTokens: true }).slice(before.length + bare.length) };
}

/** Token rows of texts. */
export interface FramedRows {
  readonly rows: readonly (readonly number[])[];
  /** Rows that are cut. */
  readonly cut: number;
}

/** The tokens of texts inside a frame; a text that leaves no room for the frame in `most` tokens loses its end. */
export function framedRows(
  tokenizer: Tokenizer,
  { before, after }: TokenFrame,
  texts: readonly string[],
  most: number,
): FramedRows {
  const room = most - before.length - after.length;
  let cut = 0;
  const rows = texts.map((text) => {
    const ids = tokenizer.encode(text);
    if (ids.length > room) cut++;
    return [...before, ...ids.slice(0, room), ...after];
  });
  return { rows, cut };
}
