import { scaledDotProductAttention, type Tensor } from '../torch/index.js';
import type { AttentionOptions } from './attention-context.js';

/**
 * softmax(scale q k^T + mask) v over `query [B, H, Q, K]`, `key` and `value` `[B, G, L, K]` -> `[B, H, Q, K]`.
 * Without a mask, `causal` hides what lies to the right of the diagonal (Q = L then).
 * The mask `[Q, L]` (or broadcastable) is additive, in the query's dtype.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | undefined,
  causal: boolean,
  { scale, softcap }: AttentionOptions,
): Tensor {
  const group = query.size(1) / key.size(1);
  const k = group === 1 ? key : repeatHeads(key, group);
  const v = group === 1 ? value : repeatHeads(value, group);
  if (softcap === undefined)
    return scaledDotProductAttention(query, k, v, { attnMask: mask, isCausal: causal && mask === undefined, scale });
  const scores = query.matmul(k.transpose(2, 3)).mul(scale).div(softcap).tanh().mul(softcap);
  const masked = mask === undefined ? scores : scores.add(mask);
  return masked.softmax(-1, { dtype: 'float32' }).toDtype(v.dtype).matmul(v);
}

/** `[B, G, L, K]` -> `[B, G * times, L, K]`, each head repeated in place. */
function repeatHeads(heads: Tensor, times: number): Tensor {
  const [batch = 0, groups = 0, length = 0, size = 0] = heads.shape;
  return heads
    .unsqueeze(2)
    .expand([batch, groups, times, length, size])
    .reshape([batch, groups * times, length, size]);
}
