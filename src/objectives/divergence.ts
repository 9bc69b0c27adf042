import type { Tensor } from '../torch/index.js';
import { logistic } from './pair-forms.js';

/** Distances to the reference that DPO can keep (arXiv 2309.16240). */
export const divergences = ['reverse-kl', 'forward-kl', 'js', 'alpha'] as const;
export type Divergence = (typeof divergences)[number];

/** Beyond this an exponential overflows float32. */
const LARGEST_EXPONENT = 80;

/**
 * f'(π/ref) as a function of the log-ratio ρ, elementwise and up to a constant, which cancels between two responses:
 *
 *   reverse-kl ρ    forward-kl -exp(-ρ)    js log σ(ρ)    alpha exp((α - 1) ρ) / (α - 1)
 */
export function divergent(ratios: Tensor, divergence: Divergence, alpha: number): Tensor {
  switch (divergence) {
    case 'reverse-kl':
      return ratios;
    case 'forward-kl':
      return ratios.neg().clamp({ max: LARGEST_EXPONENT }).exp().neg();
    case 'js':
      return logistic(ratios).neg();
    case 'alpha':
      return ratios
        .mul(alpha - 1)
        .clamp({ max: LARGEST_EXPONENT })
        .exp()
        .div(alpha - 1);
  }
}
