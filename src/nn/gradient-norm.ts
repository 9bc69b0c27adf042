import { cat, noGrad, scope } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/**
 * L2 norm of all gradients together, as one number. Rows first, then rows together in float64: one float32 sum over the
 * tens of millions of squares of an embedding is off in the fourth digit.
 */
export function gradientNorm(parameters: readonly Parameter[]): number {
  return scope(() =>
    noGrad(() => {
      const rows = parameters.flatMap(({ gradient }) =>
        gradient === undefined ? [] : [gradient.norm({ dim: -1, dtype: 'float32' }).reshape([-1])],
      );
      return rows.length === 0 ? 0 : cat(rows).toDtype('float64').norm().item();
    }),
  );
}

/** What gradients are multiplied by so that their norm is `limit` at most, as in torch's clip_grad_norm_. */
export function clipFactor(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}
