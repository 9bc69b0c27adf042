import type { Tensor } from '../torch/index.js';

let plainOnly = false;

/** Whether our own operators take a tensor: they work on the CPU, in float32 and bfloat16. */
export function canFuse({ device, dtype }: Tensor): boolean {
  return !plainOnly && device === 'cpu' && (dtype === 'float32' || dtype === 'bfloat16');
}

/** Runs `body` as other devices do, with plain operators alone: what shows on a CPU that they compute the same. */
export function withPlainOperators<T>(body: () => T): T {
  const before = plainOnly;
  plainOnly = true;
  try {
    return body();
  } finally {
    plainOnly = before;
  }
}
