import { cat, fromTypedArray, fusedRotary, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';

/** Rotary position embedding (arXiv 2104.09864) as the "half" layout of Hugging Face: element i pairs with i + d/2. */
export interface RotarySpec {
  /** Rotated dimensions of each head; the rest pass through. Even. */
  readonly dimensions: number;
  /** `[dimensions / 2]` angles a position. */
  readonly frequencies: Float32Array;
  /** Factor on cos and sin; 1 but for YaRN-like scaling. */
  readonly attentionFactor: number;
}

export interface RotaryTables {
  readonly dimensions: number;
  /** `[N, 1, dimensions]`, both halves equal. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Frequencies theta^(-2i/d), i < d/2, in float32 as the reference computes them. */
export function plainFrequencies(dimensions: number, theta: number): Float32Array {
  return Float32Array.from({ length: dimensions / 2 }, (_, i) => 1 / Math.fround(theta ** ((2 * i) / dimensions)));
}

/** Tables for `positions [N]` int64, in the dtype of computation. */
export function rotaryTables(spec: RotarySpec, positions: Tensor, dtype: Tensor['dtype']): RotaryTables {
  const frequencies = fromTypedArray(spec.frequencies, undefined, { device: positions.device });
  const angles = positions.toDtype('float32').outer(frequencies);
  const both = cat([angles, angles], { dim: 1 }).unsqueeze(1);
  const finish = (table: Tensor): Tensor =>
    (spec.attentionFactor === 1 ? table : table.mul(spec.attentionFactor)).toDtype(dtype);
  return { dimensions: spec.dimensions, cos: finish(both.cos()), sin: finish(both.sin()) };
}

/** Rotates `[N, heads, D]`. */
export function rotate(input: Tensor, tables: RotaryTables): Tensor {
  return canFuse('rotary', input) ? fusedRotary(input, tables.cos, tables.sin) : plainRotate(input, tables);
}

/** What the fused operator is tested against, and what other dtypes and devices take. */
export function plainRotate(input: Tensor, tables: RotaryTables): Tensor {
  const { dimensions, cos, sin } = tables;
  const size = input.size(2);
  if (dimensions === size) return rotateAll(input, tables);
  const turned = rotateAll(input.narrow(2, 0, dimensions), { dimensions, cos, sin });
  return cat([turned, input.narrow(2, dimensions, size - dimensions)], { dim: 2 });
}

function rotateAll(input: Tensor, { dimensions, cos, sin }: RotaryTables): Tensor {
  const half = dimensions / 2;
  const swapped = cat([input.narrow(2, half, half).neg(), input.narrow(2, 0, half)], { dim: 2 });
  return input.mul(cos).add(swapped.mul(sin));
}
