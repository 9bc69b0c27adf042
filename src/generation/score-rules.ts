/**
 * Rules on the scores of one row (logits by token id). Each changes them in place; a token that is ruled out has -inf.
 * Definitions are those of transformers, so settings mean the same.
 */

/** Divides positive scores of tokens that occurred by `penalty`, multiplies negative ones (arXiv 1909.05858). */
export function penaliseRepetition(scores: Float32Array, seen: Iterable<number>, penalty: number): void {
  for (const id of seen) {
    const score = scores[id];
    if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
  }
}

/** Divides by `temperature`, above 0. The highest score becomes 0, so that none overflows however low it is. */
export function applyTemperature(scores: Float32Array, temperature: number): void {
  const top = highest(scores);
  for (let id = 0; id < scores.length; id++) scores[id] = ((scores[id] ?? 0) - top) / temperature;
}

/** Rules out all but the `k` highest; tokens that tie with the lowest of these stay. */
export function keepTopK(scores: Float32Array, k: number): void {
  if (k >= scores.length) return;
  const threshold = kthHighest(scores, k);
  for (let id = 0; id < scores.length; id++) {
    if ((scores[id] ?? 0) < threshold) scores[id] = Number.NEGATIVE_INFINITY;
  }
}

/**
 * Keeps the fewest likeliest tokens whose probabilities sum to at least `p` (nucleus sampling, arXiv 1904.09751), at
 * least one. Of equally likely tokens those with the lower id come first.
 */
export function keepTopP(scores: Float32Array, p: number): void {
  const weights = weightsOf(scores);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // tokens below (1 - p) / V together hold less than 1 - p, so none of them is needed and few are left to be sorted
  const floor = (total * (1 - p)) / scores.length;
  const candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if ((weights[id] ?? 0) > floor) candidates.push(id);
  candidates.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  const kept = new Map<number, number>();
  let sum = 0;
  for (const id of candidates) {
    if (kept.size > 0 && sum >= p * total) break;
    kept.set(id, scores[id] ?? 0);
    sum += weights[id] ?? 0;
  }
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const [id, score] of kept) scores[id] = score;
}

/** exp(score - highest score): proportional to the probabilities, in float64. */
export function weightsOf(scores: Float32Array): Float64Array {
  const top = highest(scores);
  const weights = new Float64Array(scores.length);
  for (let id = 0; id < scores.length; id++) weights[id] = Math.exp((scores[id] ?? 0) - top);
  return weights;
}

function highest(scores: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < scores.length; id++) top = Math.max(top, scores[id] ?? top);
  return top;
}

/** By repeated partition; the scores are left as they are. */
function kthHighest(scores: Float32Array, k: number): number {
  let rest = scores;
  let rank = k;
  for (;;) {
    const pivot = rest[rest.length >> 1] ?? 0;
    const above = rest.filter((score) => score > pivot);
    if (rank <= above.length) {
      rest = above;
      continue;
    }
    const below = rest.filter((score) => score < pivot);
    const reached = rest.length - below.length;
    if (rank <= reached || below.length === 0) return pivot;
    rank -= reached;
    rest = below;
  }
}
