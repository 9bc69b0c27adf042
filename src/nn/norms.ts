import { rmsNorm as fusedRmsNorm, layerNorm, type Tensor } from '../torch/index.js';
import type { ParameterStore } from './parameter-store.js';

/** `[N, D]` (or `[N, heads, D]`) normalised over its last dimension. */
export type Norm = (input: Tensor) => Tensor;

/** x / rms(x) * w. Computed in float32 whatever the dtype of x, as the reference models do. */
export function rmsNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'ones');
  return (input) => {
    if (input.dtype === 'float32') return fusedRmsNorm(input, [size], { weight: weight.value, eps: epsilon });
    return fusedRmsNorm(input.toDtype('float32'), [size], { eps: epsilon }).toDtype(input.dtype).mul(weight.value);
  };
}

/** Gemma's form: x / rms(x) * (1 + w), the product too in float32. */
export function offsetRmsNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'zeros');
  return (input) => {
    const scale = weight.value.toDtype('float32').add(1);
    return fusedRmsNorm(input.toDtype('float32'), [size], { eps: epsilon }).mul(scale).toDtype(input.dtype);
  };
}

/** (x - mean) / sqrt(variance + epsilon) * w + b. */
export function standardNorm(store: ParameterStore, name: string, size: number, epsilon: number): Norm {
  const weight = store.take(`${name}.weight`, [size], 'ones');
  const bias = store.take(`${name}.bias`, [size], 'zeros');
  return (input) => layerNorm(input, [size], { weight: weight.value, bias: bias.value, eps: epsilon });
}
