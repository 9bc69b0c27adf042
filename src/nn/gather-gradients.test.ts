import { beforeAll, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { backward, Generator, memory, ones, resetPeak, scope, threads, toNumbers, zeros } from '../torch/index.js';
import { gatherGradients } from './gather-gradients.js';
import { Parameter } from './parameter.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const SHAPES = [[1], [4095], [67, 123], [70_001], [3, 5], [2 ** 20 + 7]];

/** Three micro-batches of gradients and what is gathered after each of them. */
function gathered(dtype: 'float32' | 'bfloat16'): { fresh: number[][]; seen: (number[] | undefined)[] }[] {
  return scope(() => {
    using generator = new Generator(4);
    const parameters = SHAPES.map((shape, i) => {
      const parameter = new Parameter(`weight ${i}`, zeros(shape));
      parameter.train(dtype);
      return parameter;
    });
    const micros = [1, 2, 3].map((micro) => {
      const fresh = parameters.map(({ shape, value }, i) => {
        const gradient = zeros(shape)
          .normal_({ std: 10 ** (i - micro), generator })
          .toDtype(dtype);
        // the second is in the first micro-batch alone, the third not in the first
        if ((i === 1 && micro > 1) || (i === 2 && micro === 1)) return [];
        backward(value, gradient);
        return toNumbers(gradient);
      });
      gatherGradients(parameters);
      expect(parameters[0]?.gradient?.dtype).toBe(micro === 1 ? dtype : 'float32');
      expect(parameters[1]?.gradient?.dtype).toBe(dtype);
      return {
        fresh,
        seen: parameters.map(({ gradient }) => (gradient === undefined ? undefined : toNumbers(gradient))),
      };
    });
    for (const parameter of parameters) parameter.dispose();
    return micros;
  });
}

it.each(['float32', 'bfloat16'] as const)('sums %s gradients in float32, with one thread and two', (dtype) => {
  const before = memory();
  const own = threads();
  for (const count of [1, 2]) {
    threads(count);
    const sums: (number[] | undefined)[] = SHAPES.map(() => undefined);
    for (const { fresh, seen } of gathered(dtype)) {
      fresh.forEach((numbers, i) => {
        const sum = sums[i];
        if (numbers.length > 0)
          sums[i] = sum === undefined ? numbers : numbers.map((number, at) => Math.fround(number + (sum[at] ?? 0)));
      });
      // as one truth: what differs among many numbers cannot be shown
      expect(
        sums.every((sum, i) => sum?.every((number, at) => number === seen[i]?.[at]) ?? seen[i] === undefined),
      ).toBe(true);
    }
  }
  threads(own);
  expect(memory().bytes).toBe(before.bytes);
  expect(memory().handles).toBe(before.handles);
});

it('takes little more memory than the sum', () => {
  scope(() => {
    const parameter = new Parameter('weight', zeros([4096, 2048]));
    parameter.train('bfloat16');
    const gradient = ones([4096, 2048], { dtype: 'bfloat16' });
    for (const extra of [0, 40e6, 8e6]) {
      backward(parameter.value, gradient);
      resetPeak();
      const before = memory().bytes;
      gatherGradients([parameter]);
      // the sum of the second takes 34 MB, beside it a piece of 4
      expect(memory().peakBytes - before).toBeLessThanOrEqual(extra);
    }
    parameter.dispose();
  });
});
