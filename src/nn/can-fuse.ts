import type { Tensor } from '../torch/index.js';

/** What has an operator of our own beside its form in libtorch's. */
export const fusedParts = [
  'norm',
  'rotary',
  'attention',
  'gating',
  'linears',
  'log-probs',
  'optimiser',
  'cached attention',
] as const;
export type FusedPart = (typeof fusedParts)[number];

let plain: ReadonlySet<FusedPart> = new Set();

/** Operators that hold loops of ours on the CPU alone, and elsewhere call libtorch's. */
const everywhere: ReadonlySet<FusedPart> = new Set(['log-probs']);

/** Whether our own operator for a part takes a tensor: most work on the CPU only, in float32 and bfloat16. */
export function canFuse(part: FusedPart, { device, dtype }: Pick<Tensor, 'device' | 'dtype'>): boolean {
  if (plain.has(part)) return false;
  return everywhere.has(part) || (device === 'cpu' && (dtype === 'float32' || dtype === 'bfloat16'));
}

/** How attention over a forest is computed where no window or cap stands in the way. */
export type AttentionForm = 'fused' | 'joined' | 'plain';

let joined = false;

type Query = Pick<Tensor, 'device' | 'dtype' | 'shape'>;

/** The form that takes a query `[N, H, K]`: our kernel on the CPU, two joined calls of flash attention on a GPU. */
export function attentionForm(query: Query): AttentionForm {
  if (canFuse('attention', query)) return joined ? 'joined' : 'fused';
  return takesFlash(query) && !plain.has('attention') ? 'joined' : 'plain';
}

/** Flash attention's own limits. It needs an Ampere or a newer GPU too, as bfloat16 in hardware does; that is not looked at. */
function takesFlash({ device, dtype, shape: [, , size = 0] }: Query): boolean {
  return device !== 'cpu' && dtype === 'bfloat16' && size % 8 === 0 && size <= 256;
}

/**
 * Runs `body` with plain operators for these parts, as other devices compute them: what shows on a CPU that the
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

/** Runs `body` with the joined form on the CPU: what shows without a GPU that it computes the same. */
export function withJoinedAttention<T>(body: () => T): T {
  const before = joined;
  joined = true;
  try {
    return body();
  } finally {
    joined = before;
  }
}
