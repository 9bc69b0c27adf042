import type { Tree } from '../data/tree.js';
import type { StepTotals } from '../objectives/objective.js';

/** Counts a whole optimiser step before any of it is computed. */
export function stepTotals(trees: readonly Tree[], nll: 'full' | 'response'): StepTotals {
  let nllTokens = 0;
  for (const { trunk, branches } of trees)
    nllTokens += (nll === 'full' ? trunk.length - 1 : 0) + (branches[0]?.ids.length ?? 0);
  return { trees: trees.length, nllTokens };
}
