import type { Tokens } from './n-grams.js';

/** The type-token ratio below which a stretch of text ends (McCarthy and Jarvis 2010). */
const THRESHOLD = 0.72;

/**
 * Measure of textual lexical diversity (McCarthy and Jarvis, doi 10.3758/BRM.42.2.381): the mean length of the stretches
 * in which the share of different words stays at 0.72 or more, read forwards and backwards; a last stretch counts in
 * part. Higher = more diverse. Undefined where no word occurs twice: such a text has no stretch that ends, however long.
 * Unsteady below some hundred words.
 */
export function mtld(tokens: Tokens): number | undefined {
  const forwards = factors(tokens);
  const backwards = factors([...tokens].reverse());
  if (forwards === 0 || backwards === 0) return undefined;
  return (tokens.length / forwards + tokens.length / backwards) / 2;
}

/** Stretches of a text, the last one in proportion to how far its ratio has fallen. */
function factors(tokens: Tokens): number {
  let whole = 0;
  let length = 0;
  const types = new Set<string>();
  for (const token of tokens) {
    types.add(token);
    length++;
    if (types.size / length >= THRESHOLD) continue;
    whole++;
    length = 0;
    types.clear();
  }
  const left = length === 0 ? 0 : (1 - types.size / length) / (1 - THRESHOLD);
  return whole + left;
}
