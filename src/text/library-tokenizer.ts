import { OrpoError, reasonOf } from '../errors.js';
import { exactNormalisers } from './normaliser-fixes.js';
import { exactPreTokenizers } from './pre-tokenizer-fixes.js';
import { mergeQuickly } from './quick-merges.js';
import { withinTime } from './time-limit.js';
import type { Tokenizer } from './tokenizer.js';
import { boundGrowth } from './tokenizer-growth.js';
import { checkTokenizerParts, needsTimeLimit } from './tokenizer-parts.js';
import { type Decoder, LibraryTokenizer } from './tokenizers-library.js';
import { type TokenizerJson, vocabularySizeOf } from './vocabulary-size.js';
import { type Ids, wordEncoder } from './word-encoder.js';

/** Time for a text; an idle machine needs a hundredth of it. */
const MILLISECONDS = 2000;
const MILLISECONDS_A_CHARACTER = 0.02;

/** What a tokenizer is told besides its `tokenizer.json`. */
export interface TokenizerSettings {
  /** Where it comes from, for messages. */
  readonly origin: string;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  /** Tidy spaces before punctuation when decoding. */
  readonly cleanUpSpaces: boolean;
}

/**
 * A tokenizer from the contents of a `tokenizer.json`.
 * `settings` may depend on the vocabulary: it is given a look-up from token text to id.
 * Errors: `OrpoError('tokenizer')` naming the origin.
 */
export function libraryTokenizer(
  json: TokenizerJson,
  origin: string,
  settings: (tokenId: (token: string) => number | undefined) => Omit<TokenizerSettings, 'origin'>,
): Tokenizer {
  const vocabularySize = vocabularySizeOf(json, origin);
  checkTokenizerParts(json, origin);
  const limited = needsTimeLimit(json);
  const late = (cause: unknown): OrpoError =>
    new OrpoError(
      'tokenizer',
      `${origin} takes too long: a regular expression in it does not come to an end.`,
      'Take tokenizer.json from the folder of the model.',
      { cause },
    );
  /** Work on so many characters. */
  const timed = <T>(characters: number, work: () => T): T =>
    limited ? withinTime(MILLISECONDS + characters * MILLISECONDS_A_CHARACTER, work, late) : work();
  const exact = exactNormalisers(exactPreTokenizers(json));
  const library = guard(`${origin} cannot be used as a tokenizer`, () =>
    // the empty configuration keeps the library from reading anything but tokenizer.json
    timed(vocabularySize * 10, () => new LibraryTokenizer({ ...EMPTY_PARTS, ...exact }, {})),
  );
  keepByteOrderMarks(library.decoder);
  const merges = json.model.type === 'BPE';
  if (merges) mergeQuickly(library.model);
  const encodeWords = merges ? wordEncoder(library) : undefined;
  boundGrowth(library, origin);
  const { bos, eos, pad, cleanUpSpaces } = settings((token) => library.token_to_id(token));

  const special = new Set<number>([bos, eos, pad].filter((id) => id !== undefined));
  for (const token of library.added_tokens) if (token.special) special.add(token.id);

  return {
    vocabularySize,
    bos,
    eos,
    pad,
    encode(text, { addSpecialTokens = false } = {}) {
      if (text === '' && !addSpecialTokens) return [];
      const ids = guard(`${origin} cannot encode a text of ${text.length} characters`, () =>
        timed(text.length, () =>
          addSpecialTokens || encodeWords === undefined
            ? library.encode(text, { add_special_tokens: addSpecialTokens }).ids
            : encodeWords(text),
        ),
      );
      if (areComplete(ids)) return ids;
      throw new OrpoError(
        'tokenizer',
        `${origin} has no token for a part of "${text.slice(0, 40)}" and no unknown token.`,
        'Take the tokenizer that belongs to the model, or remove the characters from the data.',
      );
    },
    decode(ids, { skipSpecialTokens = false } = {}) {
      const kept = skipSpecialTokens ? ids.filter((id) => !special.has(id)) : ids;
      if (kept.length === 0) return '';
      for (const id of kept) {
        if (library.id_to_token(id) === undefined) throw unknownId(origin, id);
      }
      return guard(`${origin} cannot decode ${kept.length} tokens`, () =>
        timed(kept.length, () => library.decode(kept, { clean_up_tokenization_spaces: cleanUpSpaces })),
      );
    },
    tokenId: (token) => library.token_to_id(token),
    tokenText: (id) => library.id_to_token(id),
    specialIds: () => special,
  };
}

const areComplete = (ids: Ids): ids is number[] => !ids.includes(undefined);

const EMPTY_PARTS = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

/** The library's byte fallback would swallow U+FEFF at the start of each run of byte tokens. */
function keepByteOrderMarks(decoder: Decoder | null): void {
  if (decoder?.text_decoder !== undefined) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const part of decoder?.decoders ?? []) keepByteOrderMarks(part);
}

export function unknownId(origin: string, id: number): OrpoError {
  return new OrpoError(
    'tokenizer',
    `Token id ${id} is not in the vocabulary of ${origin}.`,
    'Decode with the tokenizer that belongs to the model which made the ids.',
  );
}

function guard<T>(failure: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof OrpoError) throw error;
    const reason = reasonOf(error);
    throw new OrpoError(
      'tokenizer',
      `${failure}: ${reason.slice(0, 300).replace(/\.$/, '')}.`,
      'Check that tokenizer.json is complete and belongs to the model.',
      { cause: error },
    );
  }
}
