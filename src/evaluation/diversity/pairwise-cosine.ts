import { OrpoError } from '../../errors.js';
import type { Figure } from './figure.js';

export type Vector = ArrayLike<number>;

/**
 * The mean cosine of all pairs of vectors, `2 Σ_{i<j} cos / (N (N - 1))`: equation 13 of arXiv 2403.07691 with its factor
 * put right, which as printed cannot exceed 1/4. Absent vectors and those of length 0, which have no direction, are left
 * out; `n` counts the vectors compared. The value is undefined for fewer than two.
 *
 * @throws OrpoError `numeric` for vectors of different sizes and numbers that are not finite
 */
export function meanPairwiseCosine(vectors: readonly (Vector | undefined)[]): Figure {
  const units = vectors
    .map((vector) => (vector === undefined ? undefined : unit(vector)))
    .filter((u) => u !== undefined);
  const n = units.length;
  const [first] = units;
  if (first === undefined || n < 2) return { value: undefined, n };
  const sum = new Float64Array(first.length);
  for (const vector of units) {
    if (vector.length !== sum.length) throw unequal(sum.length, vector.length);
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (vector[at] ?? 0);
  }
  // |Σ u|² holds each pair twice, and each vector with itself, which is 1
  return { value: (squares(sum) - n) / (n * (n - 1)), n };
}

function unit(vector: Vector): Float64Array | undefined {
  const exact = Float64Array.from(vector);
  const length = Math.sqrt(squares(exact));
  if (!Number.isFinite(length))
    throw new OrpoError(
      'numeric',
      'A vector of a text has a number that is not finite.',
      'Check the model it is from.',
    );
  return length === 0 ? undefined : exact.map((value) => value / length);
}

const squares = (vector: Float64Array): number => vector.reduce((sum, value) => sum + value * value, 0);

function unequal(expected: number, found: number): OrpoError {
  return new OrpoError(
    'numeric',
    `Vectors of ${expected} and of ${found} numbers cannot be compared.`,
    'Take all vectors from one model.',
  );
}
