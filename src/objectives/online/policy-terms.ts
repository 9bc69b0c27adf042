import { type Tensor, zeros } from '../../torch/index.js';
import type { TokenScores } from './online-method.js';

/** `[M]` -> `[R]`: sums over the tokens of each response. */
export function byResponse(values: Tensor, { responses, lengths }: Pick<TokenScores, 'responses' | 'lengths'>): Tensor {
  return zeros(lengths.shape, { dtype: values.dtype, device: values.device }).indexAdd(0, responses, values);
}

export interface ClipRange {
  readonly low: number;
  readonly high: number;
}

/** Of each element, the loss of the clipped surrogate (arXiv 1707.06347, eq. 7) and how often the clip bites. */
export function clippedSurrogate(
  ratios: Tensor,
  advantages: Tensor,
  { low, high }: ClipRange,
): { readonly losses: Tensor; readonly clipped: Tensor } {
  const plain = ratios.mul(advantages).neg();
  const clipped = ratios
    .clamp({ min: 1 - low, max: 1 + high })
    .mul(advantages)
    .neg();
  return { losses: plain.maximum(clipped), clipped: clipped.detach().gt(plain.detach()).toDtype('float32') };
}

/** `[M]`: the k3 estimate of the divergence of each token, (r - 1) - log r with r = π_ref / π; never negative. */
export function tokenDivergence(logProbs: Tensor, reference: Tensor): Tensor {
  const logRatio = reference.sub(logProbs);
  return logRatio.expm1().sub(logRatio);
}
