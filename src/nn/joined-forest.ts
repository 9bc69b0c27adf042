import { OrpoError } from '../errors.js';
import { fromIndices, fromTypedArray, joinedForestAttention, type Tensor } from '../torch/index.js';
import type { TreeLayout } from './tree-layout.js';

/**
 * A forest as two variable-length calls of flash attention read it: each segment, trunk or branch, over itself, and the
 * branches of a tree, as one sequence, over their trunk. Made once a forest, so that its layers wait for no copy.
 *
 * Bounds, int32, say where each sequence of a call begins, and where the last ends; rows, int64, which tokens it is made of.
 * The call over segments takes all tokens as they lie.
 */
export interface JoinedForest {
  readonly segmentBounds: Tensor;
  readonly branchRows: Tensor;
  readonly branchBounds: Tensor;
  readonly trunkRows: Tensor;
  readonly trunkBounds: Tensor;
  readonly longestSegment: number;
  readonly mostBranchTokens: number;
  readonly longestTrunk: number;
}

/** Leaves out what is empty: flash attention has no sum for a row without keys, nor a gradient for a key without rows. */
export function joinedForest(trees: readonly TreeLayout[], device: string): JoinedForest {
  const segments = endToEnd(trees);
  const pairs = trees
    .map(({ trunkBegin, trunkLength, branches }) => ({
      branches: branches.flatMap(({ begin, length }) => range(begin, length)),
      trunk: range(trunkBegin, trunkLength),
    }))
    .filter(({ branches, trunk }) => branches.length > 0 && trunk.length > 0);
  const branches = pairs.map((pair) => pair.branches);
  const trunks = pairs.map(({ trunk }) => trunk);
  return {
    segmentBounds: boundsOf(segments, device),
    branchRows: fromIndices(branches.flat(), device),
    branchBounds: boundsOf(branches.map(lengthOf), device),
    trunkRows: fromIndices(trunks.flat(), device),
    trunkBounds: boundsOf(trunks.map(lengthOf), device),
    longestSegment: longest(segments),
    mostBranchTokens: longest(branches.map(lengthOf)),
    longestTrunk: longest(trunks.map(lengthOf)),
  };
}

/** Attention over a forest, `[N, H, K]`; see `orpo::forest_attention_joined`. */
export function attendJoined(query: Tensor, key: Tensor, value: Tensor, forest: JoinedForest, scale: number): Tensor {
  return joinedForestAttention(
    query,
    key,
    value,
    forest.segmentBounds,
    forest.branchRows,
    forest.branchBounds,
    forest.trunkRows,
    forest.trunkBounds,
    forest.longestSegment,
    forest.mostBranchTokens,
    forest.longestTrunk,
    scale,
  );
}

/** The lengths of all segments that hold a token. The operator cannot see on a GPU whether they lie end to end. */
function endToEnd(trees: readonly TreeLayout[]): number[] {
  let end = 0;
  const lengths: number[] = [];
  for (const { trunkBegin, trunkLength, branches } of trees)
    for (const { begin, length } of [{ begin: trunkBegin, length: trunkLength }, ...branches]) {
      if (begin !== end)
        throw new OrpoError(
          'internal',
          `A segment of a forest begins at token ${begin}, and the one before it ends at ${end}.`,
          'Trees must lie end to end, each trunk before its branches.',
        );
      end += length;
      if (length > 0) lengths.push(length);
    }
  return lengths;
}

function boundsOf(lengths: readonly number[], device: string): Tensor {
  const bounds = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    bounds[i + 1] = (bounds[i] ?? 0) + length;
  });
  return fromTypedArray(bounds, undefined, { device });
}

function range(begin: number, length: number): number[] {
  return Array.from({ length }, (_, i) => begin + i);
}

function lengthOf({ length }: readonly number[]): number {
  return length;
}

function longest(lengths: readonly number[]): number {
  return lengths.reduce((most, length) => Math.max(most, length), 0);
}
