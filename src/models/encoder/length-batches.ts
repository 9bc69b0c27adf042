/**
 * Groups rows of about one length, the shortest first, at most `tokens` tokens a group; a longer row is a group of its
 * own. Returns the indices of the rows; rows without a token are in no group.
 */
export function lengthBatches(lengths: readonly number[], tokens: number): number[][] {
  const lengthOf = (row: number): number => lengths[row] ?? 0;
  const rows = [...lengths.keys()].filter((row) => lengthOf(row) > 0).sort((a, b) => lengthOf(a) - lengthOf(b));
  const groups: number[][] = [];
  let current: number[] = [];
  let total = 0;
  for (const row of rows) {
    if (current.length > 0 && total + lengthOf(row) > tokens) {
      groups.push(current);
      current = [];
      total = 0;
    }
    current.push(row);
    total += lengthOf(row);
  }
  if (current.length > 0) groups.push(current);
  return groups;
}
