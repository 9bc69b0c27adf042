import type { Tokenizer } from '../../text/tokenizer.js';

/**
 * A tokenizer small enough to foresee: a token is a special token, or a word with the one space before it, or a white
 * space character. Ids are handed out as words appear.
 */
export function wordTokenizer(options: { bos?: boolean; eos?: boolean; addBos?: boolean } = {}): Tokenizer {
  const { bos = true, eos = true, addBos = bos } = options;
  const words: string[] = ['<s>', '</s>', '<|im_start|>', '<|im_end|>'];
  const special = new Set([0, 1, 2, 3]);
  const ids = new Map(words.map((word, id) => [word, id]));
  const idOf = (word: string): number => {
    const known = ids.get(word);
    if (known !== undefined) return known;
    ids.set(word, words.length);
    words.push(word);
    return words.length - 1;
  };
  const pieces = /<s>|<\/s>|<\|im_start\|>|<\|im_end\|>| ?[^\s<]+|<|\s/g;
  return {
    get vocabularySize() {
      return words.length;
    },
    bos: bos ? 0 : undefined,
    eos: eos ? 1 : undefined,
    pad: undefined,
    encode: (text, encoding) => {
      const body = [...text.matchAll(pieces)].map(([piece]) => idOf(piece));
      return encoding?.addSpecialTokens === true && addBos ? [0, ...body] : body;
    },
    decode: (list, decoding) =>
      list
        .filter((id) => decoding?.skipSpecialTokens !== true || !special.has(id))
        .map((id) => words[id] ?? '')
        .join(''),
    tokenId: (token) => ids.get(token),
    tokenText: (id) => words[id],
    specialIds: () => special,
  };
}
