import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { Generator, memory, scope, sumOfSquares, type Tensor, threads, toNumbers, zeros } from '../torch/index.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Tensors of lengths around the stretches that are summed together, of very different magnitude. */
function gradients(dtype: 'float32' | 'bfloat16'): Tensor[] {
  using generator = new Generator(3);
  return [1, 1023, 1025, 65_536, 200_001].map((length, i) =>
    zeros([length])
      .normal_({ std: 10 ** (i - 3), generator })
      .toDtype(dtype),
  );
}

describe.each(['float32', 'bfloat16'] as const)('the sum of squares of %s', (dtype) => {
  it('is that of float64, and leaks nothing', () => {
    const before = memory();
    scope(() => {
      const tensors = gradients(dtype);
      const exact = tensors.reduce(
        (sum, tensor) => sum + toNumbers(tensor.toDtype('float32')).reduce((own, value) => own + value * value, 0),
        0,
      );
      expect(sumOfSquares(tensors).item() / exact).toBeCloseTo(1, 6);
      expect(sumOfSquares([]).item()).toBe(0);
    });
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('is the same with one thread and with two, and of a view', () => {
    const own = threads();
    scope(() => {
      const tensors = gradients(dtype);
      threads(1);
      const one = sumOfSquares(tensors).item();
      threads(2);
      expect(sumOfSquares(tensors).item()).toBe(one);
      threads(own);
      const matrix = zeros([4, 6]).add(2).toDtype(dtype);
      expect(sumOfSquares([matrix.narrow(1, 1, 2), matrix.transpose(0, 1)]).item()).toBe(4 * (8 + 24));
    });
  });
});
