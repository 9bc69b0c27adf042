import { fusedTokenLogProbs, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';
import type { Parameter } from './parameter.js';

/** The vocabulary head: z = h W^T (+ b), capped by Gemma 2. */
export interface Head {
  /** `[V, D]`; the embedding itself when tied. */
  readonly weight: Parameter;
  readonly bias?: Parameter | undefined;
  readonly softcap?: number | undefined;
}

/** Rows of logits alive at once; the products stay efficient and the memory small (`[256, V]`). */
const CHUNK_ROWS = 256;

/** With a trained head, gradients of logits up to this size are kept for the backward pass instead of made again. */
const KEPT_BYTES = 256 * 2 ** 20;

/**
 * log p(target) of each needed token: `hidden [M, D]`, `targets [M]` int64 -> `[M]` fp32.
 * Logits are made in chunks of rows; log-sum-exp in fp32; the gradient is exact.
 */
export function tokenLogProbs(hidden: Tensor, head: Head, targets: Tensor, keptBytes = KEPT_BYTES): Tensor {
  if (!canFuse(hidden)) return plainTokenLogProbs(hidden, head, targets);
  return fusedTokenLogProbs(hidden, head.weight.value, head.bias?.value, targets, {
    softcap: head.softcap ?? 0,
    chunk: CHUNK_ROWS,
    keptBytes,
  });
}

/** `[M, V]` fp32 logits of the given rows: for generation, where each row's are needed whole. */
export function logits(hidden: Tensor, head: Head): Tensor {
  const product = hidden.matmul(head.weight.value.transpose(0, 1));
  const scores = (head.bias === undefined ? product : product.add(head.bias.value)).toDtype('float32');
  return head.softcap === undefined ? scores : scores.div(head.softcap).tanh().mul(head.softcap);
}

/** The same in plain operators, holding all logits: what the fused one is tested against, and what other dtypes take. */
export function plainTokenLogProbs(hidden: Tensor, head: Head, targets: Tensor): Tensor {
  return logits(hidden, head).logSoftmax(1).gather(1, targets.unsqueeze(1)).squeeze(1);
}
