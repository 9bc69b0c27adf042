import { fusedRmsNorm, layerNorm, rmsNorm as plainRmsNorm, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';
import type { ParameterStore } from './parameter-store.js';

/** `[N, D]` (or `[N, heads, D]`) normalised over its last dimension. */
export type Norm = (input: Tensor) => Tensor;

/** x / rms(x) * w. Computed in float32 whatever the dtype of x, and rounded before the weight, as the reference models do. */
export function rmsNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'ones');
  return (input) =>
    canFuse('norm', input) ? fusedRmsNorm(input, weight.value, epsilon) : plainScaledRows(input, weight.value, epsilon);
}

/** Gemma's form: x / rms(x) * (1 + w), the product too in float32. */
export function offsetRmsNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'zeros');
  return (input) =>
    canFuse('norm', input)
      ? fusedRmsNorm(input, weight.value, epsilon, { offset: true })
      : plainOffsetRows(input, weight.value, epsilon);
}

/** What the fused operator is tested against, and what other dtypes and devices take. */
export function plainScaledRows(input: Tensor, weight: Tensor, epsilon: number): Tensor {
  return plainRmsNorm(input.toDtype('float32'), [input.size(-1)], { eps: epsilon })
    .toDtype(input.dtype)
    .mul(weight);
}

/** Likewise for Gemma's form. */
export function plainOffsetRows(input: Tensor, weight: Tensor, epsilon: number): Tensor {
  const scale = weight.toDtype('float32').add(1);
  return plainRmsNorm(input.toDtype('float32'), [input.size(-1)], { eps: epsilon })
    .mul(scale)
    .toDtype(input.dtype);
}

/** (x - mean) / sqrt(variance + epsilon) * w + b. */
export function standardNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'ones');
  const bias = store.take(`${name}.bias`, [size], 'zeros');
  return (input) => layerNorm(input, [size], { weight: weight.value, bias: bias.value, eps: epsilon });
}
