import type { Tree } from '../data/tree.js';
import type { StepTotals } from '../objectives/objective.js';

/** Counts a whole optimiser step before any of it is computed. */
export function stepTotals(trees: readonly Tree[], nll: 'full' | 'response'): StepTotals {
  let responseTokens = 0;
  let trunkTokens = 0;
  let branches = 0;
  let liked = 0;
  for (const tree of trees) {
    trunkTokens += tree.trunk.length - 1;
    responseTokens += tree.branches[0]?.ids.length ?? 0;
    branches = Math.max(branches, tree.branches.length);
    if (tree.label === true) liked++;
  }
  const nllTokens = responseTokens + (nll === 'full' ? trunkTokens : 0);
  return { trees: trees.length, nllTokens, responseTokens, branches, liked };
}
