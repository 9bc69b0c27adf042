import type { Side } from './records.js';

/** One response of a tree: its tokens up to and with the end of the response, every one of them supervised. */
export interface Branch {
  readonly ids: Int32Array;
}

/** One example as tokens: a trunk (the prompt, at least one token) and the branches that grow from its end. */
export interface Tree {
  readonly trunk: Int32Array;
  /**
   * Pair: [chosen, rejected]; ranking: the best first; demonstration and labelled response: [response]; prompt: none. Each has
   * at least one token.
   */
  readonly branches: readonly Branch[];
  readonly origin: { readonly file: string; readonly row: number };
  /** Only for prompts without a response: what was asked, as the row has it. */
  readonly asked?: Side;
  /** Only for labelled responses: whether people liked it. */
  readonly label?: boolean;
  /** Only for rankings: how good each branch is, the best first, equal numbers for ties. */
  readonly grades?: readonly number[];
  /** Only for pairs of which it is known: how likely the first response is the better one, 0 to 1. */
  readonly confidence?: number;
  /** Only for pairs of which it is known: by how much the first response is better. */
  readonly margin?: number;
}

/**
 * Tokens a tree takes in a forest: the trunk once, and each branch without its last token, which predicts nothing.
 */
export function treeTokens(tree: Tree): number {
  let tokens = tree.trunk.length;
  for (const branch of tree.branches) tokens += branch.ids.length - 1;
  return tokens;
}

/** Length of the longest sequence of a tree in tokens: trunk and longest branch. */
export function treeDepth(tree: Tree): number {
  let longest = 0;
  for (const branch of tree.branches) longest = Math.max(longest, branch.ids.length);
  return tree.trunk.length + longest;
}
