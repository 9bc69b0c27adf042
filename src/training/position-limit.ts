import { type Tree, treeDepth } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { ModelSizes } from '../models/causal-lm.js';

/**
 * A model that has learnt a vector for each position has none beyond the last; rotary positions go on without end.
 *
 * @throws OrpoError `data` naming a row that is longer than the model's positions
 */
export function requirePositions(sizes: ModelSizes, trees: readonly Tree[]): void {
  if (!sizes.learnedPositions) return;
  const long = trees.find((tree) => treeDepth(tree) > sizes.positions);
  if (long === undefined) return;
  throw new OrpoError(
    'data',
    `${long.origin.file}: row ${long.origin.row} has ${treeDepth(long)} tokens, the model has positions for ${sizes.positions}.`,
    `Set data.maxLength (of orpo score: --max-length) to ${sizes.positions}, so that longer rows are cut.`,
  );
}
