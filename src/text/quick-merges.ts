import type { MergingModel } from './tokenizers-library.js';

/** Words of so many characters are merged in steps that grow with the square of their length, and sooner than in a queue. */
const SHORT = 64;

/** The rank of a merge by its two tokens. */
type Ranks = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Has the library merge byte pairs faster, to the same tokens. By itself it writes each pair as JSON to look it up, and
 * keeps a queue of linked nodes even for the shortest word.
 */
export function mergeQuickly(model: MergingModel): void {
  const ranks = ranksOf(model.merges);
  model.add_node = (queue, node) => {
    const rank = ranks.get(node.token)?.get(node.next.token);
    if (rank === undefined) return;
    node.score = rank + node.bias;
    queue.push(node);
  };
  if (model.end_of_word_suffix || model.continuing_subword_suffix) return;
  const mergeLong = model.bpe.bind(model);
  model.bpe = (word) => (word.length > SHORT ? mergeLong(word) : mergeShort(Array.from(word), ranks));
}

function ranksOf(merges: readonly unknown[]): Ranks {
  const ranks = new Map<string, Map<string, number>>();
  merges.forEach((merge, rank) => {
    // a file may hold anything here; what is no pair never merges
    const [left, right] = Array.isArray(merge) && merge.length === 2 ? merge : [];
    if (typeof left !== 'string' || typeof right !== 'string') return;
    const after = ranks.get(left) ?? new Map<string, number>();
    ranks.set(left, after.set(right, rank));
  });
  return ranks;
}

/** Joins the two tokens of the lowest rank, the leftmost first, until none is left that merge. */
function mergeShort(tokens: string[], ranks: Ranks): string[] {
  const rankAt = (at: number): number => {
    const [left, right] = [tokens[at], tokens[at + 1]];
    return left === undefined || right === undefined ? Infinity : (ranks.get(left)?.get(right) ?? Infinity);
  };
  /** Of each token with the next one. */
  const own = tokens.map((_, at) => rankAt(at));
  for (;;) {
    let best = Infinity;
    let at = -1;
    for (let i = 0; i < own.length; i++) {
      const rank = own[i] ?? Infinity;
      if (rank < best) {
        best = rank;
        at = i;
      }
    }
    if (at === -1) return tokens;
    tokens.splice(at, 2, tokens.slice(at, at + 2).join(''));
    own.splice(at, 1);
    own[at] = rankAt(at);
    if (at > 0) own[at - 1] = rankAt(at - 1);
  }
}
