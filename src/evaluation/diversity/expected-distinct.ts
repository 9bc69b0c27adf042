import { OrpoError } from '../../errors.js';
import { gramCounts } from './distinct-n.js';
import type { Tokens } from './n-grams.js';

/** Vocabulary of GPT-2, which Kirk et al. (arXiv 2310.06452) take. */
export const USUAL_VOCABULARY = 50_257;

/**
 * Expectation-adjusted distinct n-grams (EAD, Liu et al., arXiv 2202.13587): different ones over the number that as many
 * draws from `vocabulary` equally likely ones are expected to give, `V (1 - ((V - 1) / V)^C)`. Unlike distinct-n it does
 * not fall with length by itself. Undefined for a set without n-grams.
 *
 * @throws OrpoError `config` for a vocabulary that is no whole number above 1
 */
export function expectedAdjustedDistinct(
  texts: readonly Tokens[],
  n: number,
  vocabulary: number = USUAL_VOCABULARY,
): number | undefined {
  if (!Number.isSafeInteger(vocabulary) || vocabulary < 2)
    throw new OrpoError('config', `A vocabulary of ${vocabulary} makes no EAD.`, 'Give a whole number from 2 on.');
  const { distinct, total } = gramCounts(texts, n);
  // 1 - (1 - 1/V)^C loses its digits for a large V
  return total === 0 ? undefined : distinct / (-vocabulary * Math.expm1(total * Math.log1p(-1 / vocabulary)));
}
