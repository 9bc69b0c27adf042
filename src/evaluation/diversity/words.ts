const LETTER = String.raw`(?!\p{Script=Han})[\p{L}\p{M}\p{N}]`;
const WORD = new RegExp(String.raw`\p{Script=Han}|(?:${LETTER})+(?:['-](?:${LETTER})+)*`, 'gu');

/**
 * The words of a text in lower case, without punctuation: runs of letters, marks and digits, joined by apostrophes and
 * hyphens inside. A Chinese character is a word; other scripts that write no spaces are not split.
 */
export function wordsOf(text: string): string[] {
  return text.normalize('NFC').replaceAll('’', "'").toLowerCase().match(WORD) ?? [];
}
