import { noGrad, scope, type Tensor } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/** Numbers that are added at once. libtorch widens what it adds in memory of its own, which stays in the cache so. */
const PIECE = 2 ** 20;

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
    parameter.replaceGradient(noGrad(() => addInPieces(before.toDtype('float32'), fresh)));
    fresh.dispose();
  }
}

/** `sum` with `more` of the same shape added in place. */
function addInPieces(sum: Tensor, more: Tensor): Tensor {
  scope(() => {
    const [to, from] = [sum.reshape([-1]), more.reshape([-1])];
    for (let at = 0; at < to.size(0); at += PIECE) {
      const length = Math.min(PIECE, to.size(0) - at);
      to.narrow(0, at, length).add_(from.narrow(0, at, length));
    }
  });
  return sum;
}
