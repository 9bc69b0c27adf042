import { functionWords } from './function-words.js';

/** Characters looked at: enough to be sure, few enough to be quick. */
const LOOKED_AT = 1000;

/** Letters that a text needs to be told: a name or a formula says nothing about the language around it. */
const LEAST_LETTERS = 12;

/**
 * Function words that a text needs, weighed by how few languages share them, and their least share of all its words. Of
 * them three must be different and have two letters or more: a single letter may be a variable or a heading.
 */
const LEAST_WEIGHT = 1.5;
const LEAST_SHARE = 0.15;
const LEAST_WORDS = 3;

/** By how much the best language must lead the second. */
const LEAD = 1.25;

/** Scripts that only one language here is written in, and those that several share. */
const scripts: readonly { readonly pattern: RegExp; readonly languages: readonly string[] }[] = [
  { pattern: /\p{Script=Latin}/gu, languages: 'en de fr es pt it nl sv da no fi pl cs sk ro hu tr id vi'.split(' ') },
  { pattern: /\p{Script=Cyrillic}/gu, languages: ['ru', 'uk', 'bg', 'sr'] },
  { pattern: /\p{Script=Arabic}/gu, languages: ['ar', 'fa', 'ur'] },
  { pattern: /\p{Script=Han}/gu, languages: ['zh'] },
  { pattern: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, languages: ['ja'] },
  { pattern: /\p{Script=Hangul}/gu, languages: ['ko'] },
  { pattern: /\p{Script=Thai}/gu, languages: ['th'] },
  { pattern: /\p{Script=Greek}/gu, languages: ['el'] },
  { pattern: /\p{Script=Hebrew}/gu, languages: ['he'] },
  { pattern: /\p{Script=Devanagari}/gu, languages: ['hi'] },
  { pattern: /\p{Script=Bengali}/gu, languages: ['bn'] },
  { pattern: /\p{Script=Tamil}/gu, languages: ['ta'] },
  { pattern: /\p{Script=Georgian}/gu, languages: ['ka'] },
  { pattern: /\p{Script=Armenian}/gu, languages: ['hy'] },
];

/** Codes (ISO 639-1) of the languages that can be told. */
export const knownLanguages: readonly string[] = scripts.flatMap(({ languages }) => languages);

/** What each function word says: for each language that has it, an equal part of 1. */
const weights = new Map<string, Map<string, number>>();
for (const [language, words] of Object.entries(functionWords)) {
  for (const word of new Set(words.split(' '))) {
    const found = weights.get(word) ?? new Map<string, number>();
    weights.set(word, found.set(language, 1));
  }
}

/**
 * The language of a text by its script, and where languages share one by its function words; undefined where that is
 * not enough to be sure: few letters, a mixture, code, a language that is not known. A script with one known language
 * is taken for it, so Marathi counts as `hi` and Chinese dialects as `zh`. It would rather not tell than be wrong.
 */
export function detectLanguage(text: string): string | undefined {
  const looked = text.slice(0, LOOKED_AT).normalize('NFC');
  const counts = scripts.map(({ pattern }) => looked.match(pattern)?.length ?? 0);
  const letters = counts.reduce((sum, count) => sum + count, 0);
  const spaceless = at(counts, 'zh') + at(counts, 'ja') + at(counts, 'ko');
  if (letters + 3 * spaceless < LEAST_LETTERS) return undefined;
  // Japanese is written with Chinese characters too, Chinese never with kana
  if (at(counts, 'ja') > 0.1 * spaceless && spaceless > letters / 2) return 'ja';
  const most = counts.indexOf(Math.max(...counts));
  if ((counts[most] ?? 0) < 0.6 * letters) return undefined;
  const languages = scripts[most]?.languages ?? [];
  return languages.length > 1 ? byFunctionWords(looked, languages) : languages[0];
}

function at(counts: readonly number[], language: string): number {
  return counts[scripts.findIndex(({ languages }) => languages[0] === language)] ?? 0;
}

function byFunctionWords(text: string, languages: readonly string[]): string | undefined {
  const words =
    text
      .replaceAll('’', "'")
      .toLowerCase()
      .match(/[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)?/gu) ?? [];
  const scores = new Map(languages.map((language) => [language, 0]));
  for (const word of words) {
    const known = weights.get(word);
    if (known === undefined) continue;
    for (const language of known.keys()) {
      const score = scores.get(language);
      if (score !== undefined) scores.set(language, score + 1 / Math.sqrt(known.size));
    }
  }
  const [best = ['', 0] as const, second = ['', 0] as const] = [...scores].sort((a, b) => b[1] - a[1]);
  const telling = new Set(words.filter((word) => [...word].length > 1 && weights.get(word)?.has(best[0])));
  const enough = best[1] >= Math.max(LEAST_WEIGHT, LEAST_SHARE * words.length) && telling.size >= LEAST_WORDS;
  return enough && best[1] >= LEAD * second[1] ? best[0] : undefined;
}
