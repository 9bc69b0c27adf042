import type { AdamW } from '../../nn/adamw.js';
import { clipFactor } from '../../nn/gradient-norm.js';
import type { Parameter } from '../../nn/parameter.js';
import { span } from '../../torch/index.js';

/** Clips what a step left in the parameters and moves them by it. */
export function applyGradients(
  trained: readonly Parameter[],
  optimiser: AdamW,
  { norm, clip, learningRate }: { readonly norm: number; readonly clip: number; readonly learningRate: number },
): void {
  span('optimiser', () => {
    optimiser.step(learningRate, clip > 0 ? clipFactor(norm, clip) : 1);
    for (const parameter of trained) parameter.clearGradient();
  });
}
