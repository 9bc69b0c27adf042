/** Two tokens, in the printable letters of byte-level vocabularies, that become one. */
export type Merge = readonly [left: string, right: string];

/** How byte-level tokenizers cut a text into words: as the `ByteLevel` pre-tokenizer does. */
const WORDS = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The printable letters that stand for the 256 bytes in byte-level vocabularies, in the order of the bytes. */
export function byteLetters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
    return String.fromCharCode(printable ? byte : next++);
  });
}

/**
 * Learns at most `count` merges of byte-pair encoding from a text: the most frequent pair of neighbours within a word
 * becomes a token, again and again (arXiv 1508.07909). Stops early when no pair is left that occurs twice.
 */
export function learnMerges(text: string, count: number): Merge[] {
  const words = countWords(text);
  const pairs = new Map<string, number>();
  for (const word of words) countPairs(word, pairs, 1);
  const merges: Merge[] = [];
  while (merges.length < count) {
    const merge = mostFrequent(pairs);
    if (merge === undefined) break;
    merges.push(merge);
    for (const word of words) {
      if (!holds(word.tokens, merge)) continue;
      countPairs(word, pairs, -1);
      word.tokens = join(word.tokens, merge);
      countPairs(word, pairs, 1);
    }
  }
  return merges;
}

interface Word {
  tokens: string[];
  readonly times: number;
}

function countWords(text: string): Word[] {
  const letters = byteLetters();
  const times = new Map<string, number>();
  for (const [word] of text.matchAll(WORDS)) times.set(word, (times.get(word) ?? 0) + 1);
  return [...times].map(([word, n]) => ({
    tokens: Array.from(Buffer.from(word), (byte) => letters[byte] ?? ''),
    times: n,
  }));
}

/** No letter of a vocabulary is a space, so a space keeps the two tokens of a key apart. */
function countPairs({ tokens, times }: Word, pairs: Map<string, number>, sign: 1 | -1): void {
  for (let i = 1; i < tokens.length; i++) {
    const key = `${tokens[i - 1]} ${tokens[i]}`;
    pairs.set(key, (pairs.get(key) ?? 0) + sign * times);
  }
}

function mostFrequent(pairs: ReadonlyMap<string, number>): Merge | undefined {
  let best = '';
  let most = 1;
  for (const [key, times] of pairs) if (times > most) [best, most] = [key, times];
  const [left, right] = best.split(' ');
  return left === undefined || right === undefined ? undefined : [left, right];
}

function holds(tokens: readonly string[], [left, right]: Merge): boolean {
  return tokens.some((token, i) => token === left && tokens[i + 1] === right);
}

function join(tokens: readonly string[], [left, right]: Merge): string[] {
  const joined: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const found = tokens[i] === left && tokens[i + 1] === right;
    joined.push(found ? left + right : (tokens[i] ?? ''));
    if (found) i++;
  }
  return joined;
}
