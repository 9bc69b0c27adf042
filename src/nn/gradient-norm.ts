import { cat, foreachMul_, noGrad, scope } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/**
 * L2 norm of all gradients together, as one number. Rows first, then rows together in float64: one float32 sum over the
 * tens of millions of squares of an embedding is off in the fourth digit.
 */
export function gradientNorm(parameters: readonly Parameter[]): number {
  return scope(() =>
    noGrad(() => {
      const rows = parameters.flatMap(({ gradient }) =>
        gradient === undefined ? [] : [gradient.norm({ dim: -1 }).reshape([-1])],
      );
      return rows.length === 0 ? 0 : cat(rows).toDtype('float64').norm().item();
    }),
  );
}

/** Scales the gradients down to a norm of `limit` when they exceed it, as torch's clip_grad_norm_ does. */
export function clipGradients(parameters: readonly Parameter[], norm: number, limit: number): void {
  const factor = limit / (norm + 1e-6);
  if (factor >= 1) return;
  noGrad(() =>
    foreachMul_(
      parameters.flatMap(({ gradient }) => (gradient === undefined ? [] : [gradient])),
      factor,
    ),
  );
}
