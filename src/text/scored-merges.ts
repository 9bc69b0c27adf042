/**
 * The pairs that make up each token of a scored vocabulary, best score first: merging by them in order is merging by
 * scores. Pairs of equal score come in the order of the token they make, then of their left part.
 */
export function scoredMerges(tokens: readonly string[], scores: readonly number[]): [string, string][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges = tokens.flatMap((token, id) => {
    const pairs: { left: number; right: number; pair: [string, string]; score: number; id: number }[] = [];
    let at = 0;
    for (const character of token) {
      at += character.length;
      if (at === token.length) break;
      const pair: [string, string] = [token.slice(0, at), token.slice(at)];
      const [left, right] = [ids.get(pair[0]), ids.get(pair[1])];
      if (left !== undefined && right !== undefined) pairs.push({ left, right, pair, score: scores[id] ?? 0, id });
    }
    return pairs;
  });
  merges.sort((a, b) => b.score - a.score || a.id - b.id || a.left - b.left || a.right - b.right);
  return merges.map(({ pair }) => pair);
}
