import { noGrad } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/**
 * Adds what the last backward pass left to the step's gradients, in float32, so that many micro-batches lose no digits to a
 * narrow dtype. The gradient of a single one stays as it is: it has no digits to lose, and takes half the memory.
 */
export function gatherGradients(parameters: readonly Parameter[]): void {
  for (const parameter of parameters) {
    const fresh = parameter.takeFresh();
    if (fresh === undefined) continue;
    const before = parameter.gradient;
    if (before === undefined) {
      parameter.replaceGradient(fresh);
      continue;
    }
    parameter.replaceGradient(noGrad(() => before.toDtype('float32').add_(fresh)));
    fresh.dispose();
  }
}
