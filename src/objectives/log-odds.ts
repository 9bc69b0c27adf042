import type { Tensor } from '../torch/index.js';

/** Largest float32 below 0 that still has full precision: keeps a probability of exactly 1 finite. */
const ALMOST_CERTAIN = -1.1754943508222875e-38;

/**
 * log(p / (1 - p)) from l = log p <= 0, elementwise, with finite values and gradients for every float32.
 * `-expm1(l)` is 1 - p without cancellation; its logarithm is exact to a rounding for tiny and for large p alike, so no
 * branch is needed whose unused side could poison the gradient with NaN.
 */
export function logOdds(logProb: Tensor): Tensor {
  const inside = logProb.clamp({ max: ALMOST_CERTAIN });
  return inside.sub(inside.expm1().neg().log());
}
