import { foreachMul_, foreachNorm, noGrad, scope, stack } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/** L2 norm of all gradients together, as one number. */
export function gradientNorm(parameters: readonly Parameter[]): number {
  return scope(() =>
    noGrad(() => {
      const gradients = parameters.flatMap(({ gradient }) => (gradient === undefined ? [] : [gradient]));
      if (gradients.length === 0) return 0;
      return stack(foreachNorm(gradients)).norm({ ord: 2 }).item();
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
