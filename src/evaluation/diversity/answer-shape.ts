import type { Answer } from './answers.js';
import { distinctN } from './distinct-n.js';
import { type Figure, type MeanFigure, meanOf } from './figure.js';
import type { Tokens } from './n-grams.js';

/** Length of n-grams whose repetition is looked at, as in seq-rep-4 (Welleck et al., arXiv 1908.04319). */
export const REPEATED = 4;

/** What answers look like, without which a figure of diversity says little: short or broken ones seem diverse. */
export interface AnswerShape {
  readonly answers: number;
  readonly words: LengthSummary;
  readonly characters: LengthSummary;
  /** Share of an answer's 4-grams of words that stood in it before, over answers long enough to have any. */
  readonly repetition: MeanFigure;
  /** Share of answers with nothing but white space. */
  readonly empty: Figure;
  /** Share of answers that ended at the limit of tokens, of those where it is known. */
  readonly cut: Figure;
}

export interface LengthSummary extends MeanFigure {
  readonly least: number | undefined;
  readonly median: number | undefined;
  readonly most: number | undefined;
}

/** `words`: those of each answer. */
export function answerShape(answers: readonly Answer[], words: readonly Tokens[]): AnswerShape {
  return {
    answers: answers.length,
    words: summary(words.map(({ length }) => length)),
    characters: summary(answers.map(({ text }) => [...text].length)),
    repetition: meanOf(words.map(repeatedShare)),
    empty: share(answers.map(({ text }) => text.trim() === '')),
    cut: share(answers.map(({ cut }) => cut)),
  };
}

/** The share of a text's n-grams that repeat an earlier one; undefined for a text shorter than `n`. */
export function repeatedShare(tokens: Tokens): number | undefined {
  const distinct = distinctN([tokens], REPEATED);
  return distinct === undefined ? undefined : 1 - distinct;
}

function share(flags: readonly (boolean | undefined)[]): Figure {
  const { value, n } = meanOf(flags.map((flag) => (flag === undefined ? undefined : Number(flag))));
  return { value, n };
}

function summary(lengths: readonly number[]): LengthSummary {
  const sorted = [...lengths].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = meanOf([sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]).value;
  return { ...meanOf(lengths), least: sorted[0], median, most: sorted.at(-1) };
}
