import type { Tensor } from '../torch/index.js';
import { sidesOf } from './scores.js';

export const pairForms = ['logistic', 'hinge', 'squared', 'exponential', 'pointwise'] as const;
export type PairForm = (typeof pairForms)[number];

export interface PairPoint {
  readonly form: PairForm;
  readonly beta: number;
  readonly margin?: number | undefined;
  readonly labelSmoothing?: number | undefined;
}

/**
 * The losses of pairs of scores `[T, 2]`: `[T]`. With h = chosen - rejected and z = beta h - margin:
 *
 *   logistic -log σ(z)    hinge max(0, -z)    squared z²    exponential exp(-z)
 *   pointwise -log σ(beta chosen - margin) - log σ(-beta rejected - margin)
 *
 * Smoothing mixes in the loss of the pair the wrong way round.
 */
export function pairLosses(scores: Tensor, { form, beta, margin = 0, labelSmoothing = 0 }: PairPoint): Tensor {
  const { chosen, rejected } = sidesOf(scores);
  const given = pairLoss(form, chosen.mul(beta), rejected.mul(beta), margin);
  if (labelSmoothing === 0) return given;
  const swapped = pairLoss(form, rejected.mul(beta), chosen.mul(beta), margin);
  return given.mul(1 - labelSmoothing).add(swapped.mul(labelSmoothing));
}

function pairLoss(form: PairForm, better: Tensor, worse: Tensor, margin: number): Tensor {
  if (form === 'pointwise') return logistic(better.sub(margin)).add(logistic(worse.add(margin).neg()));
  const z = better.sub(worse).sub(margin);
  if (form === 'logistic') return logistic(z);
  if (form === 'hinge') return z.neg().relu();
  return form === 'squared' ? z.square() : z.neg().exp();
}

/** -log σ(z), elementwise, without overflow. */
export function logistic(z: Tensor): Tensor {
  return z.neg().softplus();
}
