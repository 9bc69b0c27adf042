import { nGrams, type Tokens } from './n-grams.js';

/** The longest n-grams that enter averages over lengths, as in Kirk et al. (arXiv 2310.06452). */
export const LONGEST = 5;

/** Different n-grams and all of them, in a set of texts; none reaches from one text into the next. */
export function gramCounts(texts: readonly Tokens[], n: number): { distinct: number; total: number } {
  const all = texts.flatMap((tokens) => nGrams(tokens, n));
  return { distinct: new Set(all).size, total: all.length };
}

/**
 * Distinct-n (Li et al., arXiv 1510.03055): the share of a set's n-grams that are different ones, 1 at most. Falls with
 * length by itself. Undefined for a set without n-grams.
 */
export function distinctN(texts: readonly Tokens[], n: number): number | undefined {
  const { distinct, total } = gramCounts(texts, n);
  return total === 0 ? undefined : distinct / total;
}

/** The mean of a measure over n-grams of 1 to `longest` tokens; lengths that no text has are left out. */
export function overLengths(measure: (n: number) => number | undefined, longest = LONGEST): number | undefined {
  const values = Array.from({ length: longest }, (_, at) => measure(at + 1)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
