import type { Tree } from '../data/tree.js';

/**
 * Every prompt of a step with the response of the next example, the last one with the first's: what KTO estimates its
 * KL divergence from. The examples are taken in the order of the data, so that neither bucketing nor micro-batching
 * changes the estimate. A single example has no other.
 */
export function mismatchedTrees(trees: readonly Tree[]): Tree[] {
  if (trees.length < 2) return [];
  const order = [...trees].sort(byOrigin);
  return order.map(({ trunk, origin }, at) => {
    const next = order[(at + 1) % order.length]?.branches[0];
    return { trunk, branches: next === undefined ? [] : [next], origin };
  });
}

function byOrigin(a: Tree, b: Tree): number {
  if (a.origin.file !== b.origin.file) return a.origin.file < b.origin.file ? -1 : 1;
  return a.origin.row - b.origin.row || Number(b.label ?? false) - Number(a.label ?? false) || byTokens(a, b);
}

/** A ranking gives several responses of one row and label. */
function byTokens(a: Tree, b: Tree): number {
  const [ours = [], theirs = []] = [a, b].map(({ branches }) => branches[0]?.ids);
  const shared = Math.min(ours.length, theirs.length);
  for (let at = 0; at < shared; at++) if (ours[at] !== theirs[at]) return (ours[at] ?? 0) - (theirs[at] ?? 0);
  return ours.length - theirs.length;
}
