/** What decides who sees whom in a tree. Lengths in tokens. */
export interface TreeLengths {
  readonly trunkLength: number;
  readonly branches: readonly { readonly length: number }[];
}

/**
 * Pairs of a query and a key that `length` tokens see, in causal order, behind `before` others: each sees those before it and
 * itself, the newest `window` at most.
 */
export function causalPairs(before: number, length: number, window: number = Number.POSITIVE_INFINITY): number {
  // the tokens that see everything
  const free = Math.min(length, Math.max(0, window - before));
  const limited = length - free;
  return free * before + (free * (free + 1)) / 2 + (limited === 0 ? 0 : limited * window);
}

/** The pairs of a forest: a trunk sees itself, a branch its trunk and itself. */
export function forestPairs(trees: readonly TreeLengths[], window?: number | undefined): number {
  let pairs = 0;
  for (const { trunkLength, branches } of trees) {
    pairs += causalPairs(0, trunkLength, window);
    for (const { length } of branches) pairs += causalPairs(trunkLength, length, window);
  }
  return pairs;
}
