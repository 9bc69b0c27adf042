// scripts that write no spaces: each character stands for a word
const SPACELESS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => String.raw`\p{Script=${script}}`)
  .join('');
const LETTER = String.raw`[\p{L}\p{M}\p{N}]`;
const WORD = new RegExp(String.raw`[${SPACELESS}]|(?:(?![${SPACELESS}])${LETTER})+|[^\s\p{L}\p{M}\p{N}]`, 'gu');

/** Words a gram. Three tell "2 + 2" from "2 + 3" and still find a sentence with a word or two changed. */
const GRAM = 3;

/** Most grams of a text that are kept. Up to so many, similarities are exact; beyond, off by about 3%. */
export const MOST_GRAMS = 1024;

/** What is left of a text to compare it by: all that differs but case, width and white space. */
export interface WordGrams {
  /** Words and signs of the text. */
  readonly words: number;
  /** Hashes of the distinct runs of three words, rising. A text of fewer words is one gram. */
  readonly hashes: Int32Array;
}

/** Words, and signs such as `+` each by itself, in lower case and without compatibility forms. */
export function gramWords(text: string): readonly string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

/** The distinct word 3-grams of a text, hashed. An empty text has none. */
export function wordGrams(text: string): WordGrams {
  const words = gramWords(text);
  const ids = words.map(hashWord);
  const grams = new Set<number>();
  if (ids.length > 0 && ids.length < GRAM) grams.add(combine(ids, 0, ids.length));
  for (let at = 0; at + GRAM <= ids.length; at++) grams.add(combine(ids, at, at + GRAM));
  return { words: words.length, hashes: Int32Array.from(grams).sort() };
}

/** The least hashes, which stand for the whole in `jaccard`. */
export function sketchOf(hashes: Int32Array): Int32Array {
  return hashes.subarray(0, MOST_GRAMS);
}

/**
 * Jaccard similarity of two sets of hashes, each rising and cut to its least `most`: what they share of what they have
 * together, 1 for two empty sets. Exact where neither was cut, else estimated from the least `most` of the union
 * (Broder 1997, "On the resemblance and containment of documents").
 */
export function jaccard(a: Int32Array, b: Int32Array, most: number = MOST_GRAMS): number {
  const limit = a.length >= most || b.length >= most ? most : Number.POSITIVE_INFINITY;
  let i = 0;
  let j = 0;
  let shared = 0;
  let union = 0;
  while (union < limit && (i < a.length || j < b.length)) {
    const left = a[i] ?? Number.POSITIVE_INFINITY;
    const right = b[j] ?? Number.POSITIVE_INFINITY;
    if (left === right) shared++;
    if (left <= right) i++;
    if (right <= left) j++;
    union++;
  }
  return union === 0 ? 1 : shared / union;
}

/** The last rounds of MurmurHash3 (public domain): every bit of the input moves every bit of the outcome. */
export function mixBits(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** FNV-1a over the units of a word. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return mixBits(hash);
}

function combine(ids: readonly number[], from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = mixBits(Math.imul(hash, 31) + (ids[at] ?? 0));
  return hash;
}
