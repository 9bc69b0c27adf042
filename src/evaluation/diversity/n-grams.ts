/** A text as its tokens, words as a rule; a token holds no space. */
export type Tokens = readonly string[];

/** The runs of `n` tokens of a text, in order, each as one string. */
export function nGrams(tokens: Tokens, n: number): string[] {
  return Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, at) => tokens.slice(at, at + n).join(' '));
}

/** How often each occurs. */
export function countOf(grams: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  return counts;
}
