import { cat, noGrad, scope, sumOfSquares, type Tensor, zeros } from '../torch/index.js';
import { canFuse } from './can-fuse.js';
import type { Parameter } from './parameter.js';

/** L2 norm of all gradients together, `[]` float64: each is read once as it is, summed in stretches and those in float64. */
export function gradientNorm(parameters: readonly Parameter[]): Tensor {
  const gradients = parameters.flatMap(({ gradient }) => gradient ?? []);
  const norm = gradients.every((gradient) => canFuse('gradient norm', gradient)) ? fusedNorm : plainNorm;
  return scope(() => noGrad(() => norm(gradients)));
}

function fusedNorm(gradients: readonly Tensor[]): Tensor {
  return sumOfSquares(gradients).sqrt();
}

/**
 * The same in plain operators. Rows first, then rows together in float64: one float32 sum over the tens of millions of
 * squares of an embedding is off in the fourth digit.
 */
function plainNorm(gradients: readonly Tensor[]): Tensor {
  const rows = gradients.map((gradient) => gradient.norm({ dim: -1, dtype: 'float32' }).reshape([-1]));
  return rows.length === 0 ? zeros([], { dtype: 'float64' }) : cat(rows).toDtype('float64').norm();
}

/** What gradients are multiplied by so that their norm is `limit` at most, as in torch's clip_grad_norm_. */
export function clipFactor(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}
