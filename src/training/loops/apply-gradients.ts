import type { AdamW } from '../../nn/adamw.js';
import { clipGradients } from '../../nn/gradient-norm.js';
import type { Parameter } from '../../nn/parameter.js';

/** Clips what a step left in the parameters and moves them by it. */
export function applyGradients(
  trained: readonly Parameter[],
  optimiser: AdamW,
  { norm, clip, learningRate }: { readonly norm: number; readonly clip: number; readonly learningRate: number },
): void {
  if (clip > 0) clipGradients(trained, norm, clip);
  optimiser.step(learningRate);
  for (const parameter of trained) parameter.clearGradient();
}
