import type { Tensor } from '../torch/index.js';

/** What has an operator of our own beside its form in libtorch's. */
export const fusedParts = [
  'norm',
  'rotary',
  'attention',
  'gating',
  'linears',
  'log-probs',
  'gradient sum',
  'gradient norm',
  'optimiser',
  'cached attention',
] as const;
export type FusedPart = (typeof fusedParts)[number];

let plain: ReadonlySet<FusedPart> = new Set();

/** Whether our own operator for a part takes a tensor: they work on the CPU, in float32 and bfloat16. */
export function canFuse(part: FusedPart, { device, dtype }: Tensor): boolean {
  return !plain.has(part) && device === 'cpu' && (dtype === 'float32' || dtype === 'bfloat16');
}

/**
 * Runs `body` with plain operators for these parts, as other devices compute all of them: what shows on a CPU that the
 * result is the same, and what each operator brings.
 */
export function withPlainOperators<T>(body: () => T, parts: readonly FusedPart[] = fusedParts): T {
  const before = plain;
  plain = new Set(parts);
  try {
    return body();
  } finally {
    plain = before;
  }
}
