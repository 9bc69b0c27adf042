/** Which sides of a product a gradient is wanted of. */
export interface Learning {
  readonly input: boolean;
  readonly weight: boolean;
}

/**
 * Floating point operations of `rows` vectors through a matrix of `inputs` to `outputs`, an addition and a multiplication
 * each: once forward, and once more for each side that learns. A frozen weight costs no gradient of its own.
 */
export function linearFlops(rows: number, inputs: number, outputs: number, { input, weight }: Learning): number {
  return 2 * rows * inputs * outputs * (1 + Number(input) + Number(weight));
}

/** Which sides of attention a gradient is wanted of. */
export interface AttentionLearning {
  readonly query: boolean;
  readonly key: boolean;
  readonly value: boolean;
}

/**
 * Attention of `heads` query heads of `size` over `pairs` of a query and a key that it sees: scores and mixing forward;
 * backward one product for each side that learns, and the slopes of the probabilities for query or key. What a fused kernel
 * computes twice to save memory counts once.
 */
export function attentionFlops(
  pairs: number,
  heads: number,
  size: number,
  { query, key, value }: AttentionLearning,
): number {
  const products = 2 + Number(query) + Number(key) + Number(value) + Number(query || key);
  return 2 * pairs * heads * size * products;
}
