import type { ModelSizes } from '../../models/causal-lm.js';
import { ones, scope } from '../../torch/index.js';

/** How fast this machine multiplies matrices now: what shares of the limit are taken of. */
export interface MultiplyRate {
  /** Multiplications and additions a second, of the fastest shape. */
  readonly flops: number;
  /** Rows, inputs and outputs of that product. */
  readonly shape: readonly [rows: number, inputs: number, outputs: number];
  readonly dtype: 'float32' | 'bfloat16';
}

type Shape = MultiplyRate['shape'];

const SECONDS_A_SHAPE = 0.15;
const LEAST_RUNS = 3;

/** Shapes a model multiplies, and a cube that suits any machine. */
export function shapesOf({ hidden, vocabulary, heads, headSize }: ModelSizes): readonly Shape[] {
  return [
    [1024, 1024, 1024],
    [1024, hidden, 3 * hidden],
    [1024, heads * headSize, hidden],
    [256, hidden, vocabulary],
  ];
}

/**
 * Multiplies matrices for about half a second and takes the best run. The rate of a shared machine moves with its
 * neighbours, so it is measured beside what it is compared with.
 */
export function measureMultiplyRate(dtype: MultiplyRate['dtype'], shapes: readonly Shape[]): MultiplyRate {
  let best: MultiplyRate = { flops: 0, shape: [0, 0, 0], dtype };
  for (const shape of shapes) {
    const flops = rateOf(shape, dtype);
    if (flops > best.flops) best = { flops, shape, dtype };
  }
  return best;
}

function rateOf([rows, inputs, outputs]: Shape, dtype: MultiplyRate['dtype']): number {
  return scope(() => {
    const a = ones([rows, inputs], { dtype });
    // as linear layers hold their weights
    const b = ones([outputs, inputs], { dtype }).transpose(0, 1);
    let shortest = Number.POSITIVE_INFINITY;
    const end = performance.now() + SECONDS_A_SHAPE * 1000;
    for (let run = 0; run < LEAST_RUNS || performance.now() < end; run++) {
      const begun = performance.now();
      a.matmul(b).dispose();
      const taken = performance.now() - begun;
      // the first run makes the kernel; where one alone takes seconds it is left at that
      if (run > 0 || taken > 1000) shortest = Math.min(shortest, taken);
      if (taken > 1000) break;
    }
    return (2 * rows * inputs * outputs) / (shortest / 1000);
  });
}
