import type { PromptSettings } from '../generation/encode-prompt.js';
import { notFinite } from '../generation/sampler.js';
import { labelTokens, singleTokens } from './label-tokens.js';
import type { SharedStart } from './next-token.js';

const NINE = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** The tokens grades are written with. */
export interface GradeTokens {
  /** Tokens of 1 to 9, and of 10 where it is one token. */
  readonly grades: readonly number[];
  /** The token of 0, where 10 is written as 1 and 0. */
  readonly zero: number | undefined;
}

/** @throws OrpoError `tokenizer` when digits are no single tokens */
export function gradeTokens(settings: PromptSettings, model: string): GradeTokens {
  const whole = singleTokens([...NINE, '10'], settings);
  if (whole !== undefined) return { grades: whole, zero: undefined };
  const digits = labelTokens([...NINE, '0'], settings, model);
  return { grades: digits.slice(0, 9), zero: digits[9] };
}

/**
 * The sum of i p(i) over the grades 1 to 10, with p normalised over them (d-RLAIF, arXiv 2309.00267). Where 10 is two
 * tokens, p(10) = p("1") p("0" after "1"), and the rest of p("1") is that of 1.
 *
 * @param next log-probabilities of some tokens after a trunk and after each branch
 */
export function expectedGrade(
  { grades, zero }: GradeTokens,
  next: (start: SharedStart, tokens: readonly number[]) => number[][],
  trunk: readonly number[],
): number {
  const [one = 0] = grades;
  const rows =
    zero === undefined ? next({ trunk, branches: [] }, grades) : next({ trunk, branches: [[one]] }, [...grades, zero]);
  const top = Math.max(...(rows[0] ?? []).slice(0, grades.length));
  const weights = (rows[0] ?? []).slice(0, grades.length).map((logProb) => Math.exp(logProb - top));
  if (zero !== undefined) {
    const ten = (weights[0] ?? 0) * Math.exp(rows[1]?.at(-1) ?? Number.NaN);
    weights[0] = (weights[0] ?? 0) - ten;
    weights.push(ten);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const score = weights.reduce((sum, weight, at) => sum + (at + 1) * weight, 0) / total;
  if (!Number.isFinite(score)) throw notFinite();
  return score;
}

/** A grade of 1 to 10 as a reward of -1 to 1. */
export function rewardOfGrade(grade: number): number {
  return (grade - 5.5) / 4.5;
}
