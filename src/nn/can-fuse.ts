import type { Tensor } from '../torch/index.js';

/** Whether our own operators take a tensor: they work on the CPU, in float32 and bfloat16. */
export function canFuse({ device, dtype }: Tensor): boolean {
  return device === 'cpu' && (dtype === 'float32' || dtype === 'bfloat16');
}
