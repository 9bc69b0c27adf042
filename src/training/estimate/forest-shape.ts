import type { ForestOptions } from '../../data/forest.js';
import type { Tree } from '../../data/tree.js';
import { layPrompts } from '../../generation/prompt-layout.js';
import { causalPairs, forestPairs } from '../../nn/visible-pairs.js';

/** What decides the work of a pass. */
export interface ForestShape {
  readonly tokens: number;
  /** Rows of the vocabulary head. */
  readonly rows: number;
  /** Branches that a scalar is read from. */
  readonly ends: number;
  /** Pairs of a query and a key that a head of this window sees. */
  pairs(window: number | undefined): number;
}

/** The shape of trees laid out as a forest, as `buildForest` lays them. */
export function forestShape(trees: readonly Tree[], { nll, whole = false }: ForestOptions): ForestShape {
  const left = whole ? 0 : 1;
  let tokens = 0;
  let rows = 0;
  let ends = 0;
  const lengths = trees.map(({ trunk, branches }) => {
    tokens += trunk.length;
    if (nll === 'full') rows += trunk.length - 1;
    return {
      trunkLength: trunk.length,
      branches: branches.map(({ ids }) => {
        tokens += ids.length - left;
        rows += ids.length;
        ends++;
        return { length: ids.length - left };
      }),
    };
  });
  return {
    tokens,
    rows: whole ? 0 : rows,
    ends: whole ? ends : 0,
    pairs: (window) => forestPairs(lengths, window),
  };
}

/** Prompts as sampling reads them, each with the first token of `samples` responses to be drawn. */
export function prefillShape(prompts: readonly Tree[], samples: number): ForestShape {
  const { ids, trees } = layPrompts(prompts.map(({ trunk }) => trunk));
  return {
    tokens: ids.length,
    rows: prompts.length * samples,
    ends: 0,
    pairs: (window) => forestPairs(trees, window),
  };
}

/** One more token of each row, behind `held[row]` others. */
export function decodeShape(held: readonly number[]): ForestShape {
  return {
    tokens: held.length,
    rows: held.length,
    ends: 0,
    pairs: (window) => held.reduce((sum, before) => sum + causalPairs(before, 1, window), 0),
  };
}
