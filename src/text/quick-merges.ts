import { MergeTable, NONE } from './merge-table.js';
import type { MergingModel } from './tokenizers-library.js';

/** Words of so many characters are merged in steps that grow with the square of their length, and sooner than in a queue. */
const SHORT = 64;

/**
 * Has the library merge byte pairs faster, to the same tokens. By itself it writes each pair as JSON to look it up, and
 * keeps a queue of linked nodes even for the shortest word.
 */
export function mergeQuickly(model: MergingModel): void {
  const table = new MergeTable(model.merges);
  model.add_node = (queue, node) => {
    const rank = table.rankOf(table.numberOf(node.token), table.numberOf(node.next.token));
    if (rank < 0) return;
    node.score = rank + node.bias;
    queue.push(node);
  };
  if (model.end_of_word_suffix || model.continuing_subword_suffix) return;
  const mergeLong = model.bpe.bind(model);
  model.bpe = (word) => (word.length > SHORT ? mergeLong(word) : mergeShort(word, table));
}

/** Joins the two tokens of the lowest rank, the leftmost first, until none is left that merge. */
function mergeShort(word: string, table: MergeTable): string[] {
  const numbers: number[] = [];
  /** Where each token ends in the word. */
  const ends: number[] = [];
  let end = 0;
  for (const character of word) {
    end += character.length;
    numbers.push(table.numberOf(character));
    ends.push(end);
  }
  const rankAt = (at: number): number => table.rankOf(numbers[at] ?? NONE, numbers[at + 1] ?? NONE);
  /** Of each token with the next one. */
  const own = numbers.map((_, at) => rankAt(at));
  for (;;) {
    let best = Infinity;
    let at = -1;
    for (let i = 0; i < own.length; i++) {
      const rank = own[i] ?? NONE;
      if (rank >= 0 && rank < best) {
        best = rank;
        at = i;
      }
    }
    if (at === -1) break;
    numbers[at] = table.madeBy(best);
    numbers.splice(at + 1, 1);
    ends.splice(at, 1);
    own.splice(at, 1);
    own[at] = rankAt(at);
    if (at > 0) own[at - 1] = rankAt(at - 1);
  }
  return ends.map((to, i) => word.slice(ends[i - 1] ?? 0, to));
}
