/** The inverse of a small square matrix, by Gauss and Jordan with row exchanges; undefined where it has none. */
export function invertMatrix(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column; i < size; i++) if (at(rows, i, column) ** 2 > at(rows, pivot, column) ** 2) pivot = i;
    const [lead, other] = [rows[pivot] ?? [], rows[column] ?? []];
    const value = lead[column] ?? 0;
    if (!(Math.abs(value) > 1e-300)) return undefined;
    rows[pivot] = other;
    rows[column] = lead.map((entry) => entry / value);
    for (let i = 0; i < size; i++) {
      const factor = at(rows, i, column);
      if (i === column || factor === 0) continue;
      rows[i] = (rows[i] ?? []).map((entry, j) => entry - factor * at(rows, column, j));
    }
  }
  return rows.map((row) => row.slice(size));
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}
