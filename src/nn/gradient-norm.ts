import { cat, noGrad, scope, type Tensor, zeros } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/**
 * L2 norm of all gradients together, `[]` float64. Rows first, in float32, then rows together in float64: one float32 sum
 * over the tens of millions of squares of an embedding is off in the fourth digit.
 */
export function gradientNorm(parameters: readonly Pick<Parameter, 'gradient'>[]): Tensor {
  const gradients = parameters.flatMap(({ gradient }) => gradient ?? []);
  return scope(() =>
    noGrad(() => {
      const rows = gradients.map((gradient) => gradient.norm({ dim: -1, dtype: 'float32' }).reshape([-1]));
      return rows.length === 0 ? zeros([], { dtype: 'float64' }) : cat(rows).toDtype('float64').norm();
    }),
  );
}

/** What gradients are multiplied by so that their norm is `limit` at most, as in torch's clip_grad_norm_. */
export function clipFactor(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}
