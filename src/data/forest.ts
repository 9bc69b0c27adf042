import { OrpoError } from '../errors.js';
import { type Tree, treeTokens } from './tree.js';

/** Where a tree lies in the token row. A branch's `length` counts its input tokens: its ids without the last one. */
export interface ForestTree {
  readonly trunkBegin: number;
  readonly trunkLength: number;
  readonly branches: readonly { readonly begin: number; readonly length: number }[];
}

/**
 * A batch without padding: all trees end to end in one token row.
 * `N` input tokens, `M` predicted tokens, `S` segments, `T` trees, `B` branches of all trees together.
 */
export interface ForestBatch {
  /** `[N]`: per tree its trunk, then each branch without its last token. */
  readonly inputIds: Int32Array;
  /** `[N]`: position of each token in its own sequence; a branch starts where its trunk ends. */
  readonly positions: Int32Array;
  readonly trees: readonly ForestTree[];
  /** `[M]`: the row of the hidden states that predicts the target beside it. */
  readonly rows: Int32Array;
  /** `[M]`: the predicted token ids. */
  readonly targets: Int32Array;
  /** `[M]`: the segment each predicted token counts in. */
  readonly segments: Int32Array;
  /** `S = T + B`: a segment for each trunk and each branch, tree by tree, the trunk first. */
  readonly segmentCount: number;
  /** `[S]`: predicted tokens per segment; 0 for trunks when they are not scored or are one token long. */
  readonly segmentTokens: Int32Array;
  /** `[T]`: segment of each tree's trunk. */
  readonly trunkSegments: Int32Array;
  /** `[B]`: segment of each branch, tree by tree. */
  readonly branchSegments: Int32Array;
  /** `[T]`: branches of each tree; `branchSegments` is read with their running sum. */
  readonly branchCounts: Int32Array;
  /** `[B]`: the row of the last token laid of each branch; of its trunk, where no token of the branch is. */
  readonly branchEnds: Int32Array;
}

export interface ForestOptions {
  /** `full` scores trunk tokens 1 to P-1 too; `response` leaves the trunk's rows out. */
  readonly nll: 'full' | 'response';
  /** Branches are laid with their last token, from which a whole response is judged. */
  readonly whole?: boolean | undefined;
}

/**
 * Lays trees end to end. The trunk's last row predicts the first token of each of its branches.
 *
 * @throws OrpoError `internal` for a tree with an empty trunk, no branch or an empty branch.
 */
export function buildForest(trees: readonly Tree[], options: ForestOptions): ForestBatch {
  const scoreTrunks = options.nll === 'full';
  const left = options.whole === true ? 0 : 1;
  const sizes = measure(trees, scoreTrunks, left);
  const inputIds = new Int32Array(sizes.inputs);
  const positions = new Int32Array(sizes.inputs);
  const rows = new Int32Array(sizes.predicted);
  const targets = new Int32Array(sizes.predicted);
  const segments = new Int32Array(sizes.predicted);
  const segmentCount = trees.length + sizes.branches;
  const segmentTokens = new Int32Array(segmentCount);
  const trunkSegments = new Int32Array(trees.length);
  const branchSegments = new Int32Array(sizes.branches);
  const branchCounts = new Int32Array(trees.length);
  const branchEnds = new Int32Array(sizes.branches);

  let input = 0;
  let predicted = 0;
  let segment = 0;
  let branchIndex = 0;
  /** Records that `firstRow` predicts ids[from], the next rows the tokens after it. `later` is the row of ids[from]. */
  const predict = (ids: Int32Array, from: number, firstRow: number, later: number): void => {
    const count = Math.max(0, ids.length - from);
    if (count > 0) rows[predicted] = firstRow;
    for (let i = 1; i < count; i++) rows[predicted + i] = later + i - 1;
    targets.set(ids.subarray(from), predicted);
    segments.fill(segment, predicted, predicted + count);
    segmentTokens[segment] = count;
    predicted += count;
  };
  const place = (ids: Int32Array, position: number): void => {
    inputIds.set(ids, input);
    for (let i = 0; i < ids.length; i++) positions[input + i] = position + i;
    input += ids.length;
  };

  const laid = trees.map((tree, t): ForestTree => {
    const trunkBegin = input;
    const trunkLength = tree.trunk.length;
    place(tree.trunk, 0);
    if (scoreTrunks) predict(tree.trunk, 1, trunkBegin, trunkBegin + 1);
    trunkSegments[t] = segment++;
    branchCounts[t] = tree.branches.length;
    const branches = tree.branches.map(({ ids }) => {
      const begin = input;
      predict(ids, 0, trunkBegin + trunkLength - 1, begin);
      place(ids.subarray(0, ids.length - left), trunkLength);
      const length = ids.length - left;
      branchEnds[branchIndex] = length > 0 ? begin + length - 1 : trunkBegin + trunkLength - 1;
      branchSegments[branchIndex++] = segment++;
      return { begin, length };
    });
    return { trunkBegin, trunkLength, branches };
  });

  return {
    inputIds,
    positions,
    trees: laid,
    rows,
    targets,
    segments,
    segmentCount,
    segmentTokens,
    trunkSegments,
    branchSegments,
    branchCounts,
    branchEnds,
  };
}

function measure(
  trees: readonly Tree[],
  scoreTrunks: boolean,
  left: number,
): { inputs: number; predicted: number; branches: number } {
  let inputs = 0;
  let predicted = 0;
  let branches = 0;
  for (const tree of trees) {
    if (tree.trunk.length === 0) throw misshapen(tree, 'an empty trunk');
    if (tree.branches.length === 0) throw misshapen(tree, 'no branch');
    inputs += treeTokens(tree) + (1 - left) * tree.branches.length;
    branches += tree.branches.length;
    if (scoreTrunks) predicted += tree.trunk.length - 1;
    for (const { ids } of tree.branches) {
      if (ids.length === 0) throw misshapen(tree, 'a branch without a token');
      predicted += ids.length;
    }
  }
  return { inputs, predicted, branches };
}

function misshapen(tree: Tree, what: string): OrpoError {
  return new OrpoError(
    'internal',
    `${tree.origin.file} row ${tree.origin.row} reached training with ${what}.`,
    'Rows like this must be dropped while the data is loaded; please report the row.',
  );
}
