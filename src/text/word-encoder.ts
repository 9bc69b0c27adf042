import { specialSplitter } from './special-splitter.js';
import type { LibraryTokenizer } from './tokenizers-library.js';
import { wordSplitter } from './word-splitter.js';

/** Words that are remembered, and the longest of them, in characters: a few tens of megabytes at most. */
const WORDS = 2 ** 17;
const LONGEST = 48;

/** Characters of texts whose sections are remembered. */
const RECENT = 2 ** 18;

/** An id is undefined where the vocabulary lacks a token. */
export type Ids = (number | undefined)[];

/**
 * Encodes as the library's byte-level byte pairs do, special tokens in the text found and none put around it. Text repeats
 * its words, so the ids of a word are looked up, and the library merges only words that are met first. A prompt comes again
 * with each of its responses, so the sections between special tokens are remembered for a while as well.
 *
 * Undefined for a library tokenizer in which a word's tokens depend on more than the word. To be made before `boundGrowth`,
 * which measures the bytes of a word against a whole text.
 */
export function wordEncoder(library: LibraryTokenizer): ((text: string) => Ids) | undefined {
  const { added_tokens: added, model } = library;
  const words = wordSplitter(library.pre_tokenizer);
  const strips = added.some(({ lstrip, rstrip }) => lstrip || rstrip);
  const normalised = library.normalizer !== null && added.some(({ normalized }) => normalized);
  if (words === undefined || model.fuse_unk || strips || normalised) return undefined;
  const merge = model.encode.bind(model);
  const special = new Map(added.map(({ content, id }) => [content, id]));
  const cut = specialSplitter(special);

  const knownWords = new Map<string, Ids>();
  const idsOfWord = (word: string): Ids => {
    const known = knownWords.get(word);
    if (known !== undefined) return known;
    const ids = merge(words.toBytes(word)).map((token) => library.token_to_id(token));
    if (knownWords.size >= WORDS) knownWords.clear();
    if (word.length <= LONGEST) knownWords.set(alone(word), ids);
    return ids;
  };

  const idsOfSection = (section: string): Ids => {
    const text = library.normalizer === null ? section : library.normalizer.normalize(section);
    const whole = special.get(text);
    if (whole !== undefined) return [whole];
    const ids: Ids = [];
    for (const word of words.split(text)) if (word !== '') for (const id of idsOfWord(word)) ids.push(id);
    return ids;
  };

  const knownSections = new Map<string, Ids>();
  let recent = 0;
  return (text) => {
    recent += text.length;
    if (recent > RECENT) {
      knownSections.clear();
      recent = text.length;
    }
    const ids: Ids = [];
    for (const section of cut(text)) {
      if (typeof section === 'number') ids.push(section);
      else {
        let own = knownSections.get(section);
        if (own === undefined) {
          own = idsOfSection(section);
          knownSections.set(section, own);
        }
        for (const id of own) ids.push(id);
      }
    }
    return ids;
  };
}

/** A part of a text that does not keep the whole text in memory, as slices do. */
const alone = (part: string): string => Buffer.from(part, 'utf16le').toString('utf16le');
