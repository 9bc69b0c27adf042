import type { Tensor } from '../torch/index.js';

/** What has an operator of our own beside its form in libtorch's. */
export const fusedParts = [
  'norm',
  'rotary',
  'attention',
  'gating',
  'linears',
  'log-probs',
  'gradient norm',
  'optimiser',
  'cached attention',
] as const;
export type FusedPart = (typeof fusedParts)[number];

let plain: ReadonlySet<FusedPart> = new Set();

/** Operators that hold loops of ours on the CPU alone, and elsewhere call libtorch's. */
const everywhere: ReadonlySet<FusedPart> = new Set(['log-probs']);

/** Whether our own operator for a part takes a tensor: most work on the CPU only, in float32 and bfloat16. */
export function canFuse(part: FusedPart, { device, dtype }: Tensor): boolean {
  if (plain.has(part)) return false;
  return everywhere.has(part) || (device === 'cpu' && (dtype === 'float32' || dtype === 'bfloat16'));
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
