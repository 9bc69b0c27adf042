import type { PreTokenizer } from './tokenizer-growth.js';

/** Words that are remembered, and the longest of them, in characters: a few tens of megabytes at most. */
const WORDS = 2 ** 17;
const LONGEST = 48;

/** The library's merges: words in printable stand-ins of their bytes -> tokens. */
export interface MergingModel {
  encode(words: readonly string[]): string[];
}

/**
 * Has a tokenizer remember the tokens of whole words. What precedes the merges then gives words as they stand, and a word is
 * mapped to bytes and merged when it is met first; text repeats its words, so most are looked up. The library's parts are
 * changed in place, and the tokens stay the same.
 *
 * @param json the `tokenizer.json` it was made of; where its words depend on more than themselves nothing is changed
 */
export function rememberWords(
  library: { pre_tokenizer: PreTokenizer | null; model: MergingModel },
  json: object,
): void {
  const bytes = bytesOnly(library.pre_tokenizer, 'pre_tokenizer' in json ? json.pre_tokenizer : undefined);
  if (bytes === undefined) return;
  const toBytes = bytes.pre_tokenize.bind(bytes);
  const merge = library.model.encode.bind(library.model);
  bytes.pre_tokenize = (text) => (typeof text === 'string' ? [text] : [...text]);
  const known = new Map<string, readonly string[]>();
  library.model.encode = (words) => {
    const tokens: string[] = [];
    for (const word of words) {
      let own = known.get(word);
      if (own === undefined) {
        own = merge(toBytes(word));
        if (known.size >= WORDS) known.clear();
        if (word.length <= LONGEST) known.set(word, own);
      }
      for (const token of own) tokens.push(token);
    }
    return tokens;
  };
}

/** The last step before the merges, where it maps bytes and does nothing else. */
function bytesOnly(part: PreTokenizer | null, json: unknown): PreTokenizer | undefined {
  if (part === null || typeof json !== 'object' || json === null || !('type' in json)) return undefined;
  if (json.type === 'Sequence' && 'pretokenizers' in json && Array.isArray(json.pretokenizers))
    return bytesOnly(part.tokenizers?.at(-1) ?? null, json.pretokenizers.at(-1));
  const splits = !('use_regex' in json) || json.use_regex !== false;
  const prefixes = 'add_prefix_space' in json && json.add_prefix_space === true;
  return json.type === 'ByteLevel' && !splits && !prefixes ? part : undefined;
}
