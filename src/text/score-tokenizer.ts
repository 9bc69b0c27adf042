import { OrpoError } from '../errors.js';
import { unknownId } from './library-tokenizer.js';
import { mergeByScore } from './score-merging.js';
import { specialSplitter } from './special-splitter.js';
import type { Tokenizer } from './tokenizer.js';

/** The kinds of token a GGUF vocabulary tells apart. */
export const TOKEN_KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A SentencePiece vocabulary of scored tokens (the model `llama` in GGUF files). */
export interface ScoredVocabulary {
  /** For messages. */
  readonly origin: string;
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
  readonly kinds: readonly number[];
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  readonly unknown: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
  /** A space is put before the text, and before each stretch of text after a special token. */
  readonly addSpacePrefix: boolean;
}

const SPACE = '▁';

/**
 * The tokenizer of a scored vocabulary: spaces become `▁`, code points merge by score, and what is no token falls back to
 * its UTF-8 bytes, else to the unknown token. `decode` drops one leading space where encoding puts one.
 */
export function scoreTokenizer(vocabulary: ScoredVocabulary): Tokenizer {
  const { origin, tokens, scores, kinds, bos, eos, pad } = vocabulary;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const kindOf = (id: number): number => kinds[id] ?? TOKEN_KIND.normal;
  const named = (wanted: readonly number[]) =>
    tokens.flatMap((token, id): [string, number][] => (wanted.includes(kindOf(id)) ? [[token, id]] : []));
  const split = specialSplitter(named([TOKEN_KIND.unknown, TOKEN_KIND.control, TOKEN_KIND.userDefined]));
  const special = new Set(named([TOKEN_KIND.control, TOKEN_KIND.unknown]).map(([, id]) => id));
  for (const id of [bos, eos, pad]) if (id !== undefined) special.add(id);

  const mergeable = new Map(named([TOKEN_KIND.normal, TOKEN_KIND.userDefined, TOKEN_KIND.unused]));
  const scoreOf = (token: string): number | undefined => {
    const id = mergeable.get(token);
    return id === undefined ? undefined : (scores[id] ?? 0);
  };
  const bytes = byteTokens(tokens, kinds);

  const idsOf = (piece: string): number[] => {
    const id = mergeable.get(piece);
    if (id !== undefined) return [id];
    const fallback = Array.from(new TextEncoder().encode(piece), (byte) => bytes.idOf.get(byte));
    if (fallback.every((byteId) => byteId !== undefined)) return fallback;
    if (vocabulary.unknown !== undefined) return [vocabulary.unknown];
    throw new OrpoError(
      'tokenizer',
      `${origin} has no token for "${piece}" and no unknown token.`,
      'Take the tokenizer that belongs to the model, or remove the characters from the data.',
    );
  };

  return {
    vocabularySize: tokens.length,
    bos,
    eos,
    pad,
    encode(text, { addSpecialTokens = false } = {}) {
      const result: number[] = [];
      if (addSpecialTokens && vocabulary.addBos && bos !== undefined) result.push(bos);
      let afterSpecial = true;
      for (const section of split(text)) {
        if (typeof section === 'number') {
          result.push(section);
          afterSpecial = true;
          continue;
        }
        const spaced = (vocabulary.addSpacePrefix && afterSpecial ? ' ' : '') + section;
        for (const piece of mergeByScore(spaced.replaceAll(' ', SPACE), scoreOf)) {
          for (const id of idsOf(piece)) result.push(id);
        }
        afterSpecial = false;
      }
      if (addSpecialTokens && vocabulary.addEos && eos !== undefined) result.push(eos);
      return result;
    },
    decode(input, { skipSpecialTokens = false } = {}) {
      const kept = skipSpecialTokens ? input.filter((id) => !special.has(id)) : input;
      const parts = kept.map((id): Uint8Array => {
        const token = tokens[id];
        if (token === undefined) throw unknownId(origin, id);
        const byte = bytes.byteOf.get(id);
        if (byte !== undefined) return Uint8Array.of(byte);
        return Buffer.from(kindOf(id) === TOKEN_KIND.control ? token : token.replaceAll(SPACE, ' '), 'utf8');
      });
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(parts));
      return vocabulary.addSpacePrefix && text.startsWith(' ') ? text.slice(1) : text;
    },
    tokenId: (token) => ids.get(token),
    tokenText: (id) => tokens[id],
    specialIds: () => special,
  };
}

/** The tokens that stand for one byte each, written `<0x0A>`. */
function byteTokens(tokens: readonly string[], kinds: readonly number[]) {
  const idOf = new Map<number, number>();
  const byteOf = new Map<number, number>();
  tokens.forEach((token, id) => {
    if (kinds[id] !== TOKEN_KIND.byte || !/^<0x[0-9A-Fa-f]{2}>$/.test(token)) return;
    const byte = Number.parseInt(token.slice(3, 5), 16);
    idOf.set(byte, id);
    byteOf.set(id, byte);
  });
  return { idOf, byteOf };
}
