import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { Generator, memory, scope, type Tensor, threads, toNumbers, zeros } from '../torch/index.js';
import { gradientNorm } from './gradient-norm.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Matrices, vectors and a single number, of very different magnitude. */
function gradients(dtype: 'float32' | 'bfloat16'): Tensor[] {
  using generator = new Generator(3);
  return [[1], [1023], [41, 25], [256, 256], [100_001, 2]].map((shape, i) =>
    zeros(shape)
      .normal_({ std: 10 ** (i - 3), generator })
      .toDtype(dtype),
  );
}

const normOf = (tensors: readonly Tensor[]): number =>
  scope(() => gradientNorm(tensors.map((gradient) => ({ gradient }))).item());

describe.each(['float32', 'bfloat16'] as const)('the norm of gradients in %s', (dtype) => {
  it('is that of float64, and leaks nothing', () => {
    const before = memory();
    scope(() => {
      const tensors = gradients(dtype);
      const exact = tensors.reduce(
        (sum, tensor) => sum + toNumbers(tensor.toDtype('float32')).reduce((own, value) => own + value * value, 0),
        0,
      );
      expect(normOf(tensors) / Math.sqrt(exact)).toBeCloseTo(1, 6);
      expect(normOf([])).toBe(0);
    });
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('is the same with one thread and with two, and of a view', () => {
    const own = threads();
    scope(() => {
      const tensors = gradients(dtype);
      threads(1);
      const one = normOf(tensors);
      threads(2);
      expect(normOf(tensors)).toBe(one);
      threads(own);
      const matrix = zeros([4, 6]).add(2).toDtype(dtype);
      expect(normOf([matrix.narrow(1, 1, 2), matrix.transpose(0, 1)])).toBeCloseTo(Math.sqrt(4 * (8 + 24)), 6);
    });
  });
});
