import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  addGradients_,
  backward,
  Generator,
  memory,
  scope,
  type Tensor,
  threads,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { withPlainOperators } from './can-fuse.js';
import { gatherGradients } from './gather-gradients.js';
import { Parameter } from './parameter.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

let before = memory();
beforeEach(() => {
  before = memory();
});
afterEach(() => {
  expect(memory().bytes).toBe(before.bytes);
  expect(memory().handles).toBe(before.handles);
});

/** Sizes around the operator's pieces, and more numbers than are summed together. */
const SHAPES = [[1], [4095], [67, 123], [4097], [2_100_000], [2_100_000], [3, 5]];

/** The gradients of three micro-batches, after each of them. */
function gathered(dtype: 'float32' | 'bfloat16'): number[][] {
  return scope(() => {
    using generator = new Generator(4);
    const parameters = SHAPES.map((shape, i) => {
      const parameter = new Parameter(`weight ${i}`, zeros(shape));
      parameter.train(dtype);
      return parameter;
    });
    const seen: number[][] = [];
    for (const micro of [1, 2, 3]) {
      parameters.forEach(({ shape, value }, i) => {
        const gradient = zeros(shape).normal_({ std: 10 ** (i - micro), generator });
        // the second is in the first micro-batch alone, the third not in the first
        if ((i === 1 && micro > 1) || (i === 2 && micro === 1)) return;
        backward(value, gradient.toDtype(dtype));
      });
      gatherGradients(parameters);
      expect(parameters[0]?.gradient?.dtype).toBe(micro === 1 ? dtype : 'float32');
      expect(parameters[1]?.gradient?.dtype).toBe(dtype);
      for (const { gradient } of parameters) seen.push(gradient === undefined ? [] : toNumbers(gradient));
    }
    for (const parameter of parameters) parameter.dispose();
    return seen;
  });
}

it.each(['float32', 'bfloat16'] as const)(
  'sums %s gradients as torch does, bit for bit, with one thread and two',
  (dtype) => {
    const own = threads();
    const plain = withPlainOperators(() => gathered(dtype));
    expect(plain[2]).toEqual([]);
    for (const count of [1, 2]) {
      threads(count);
      const fused = gathered(dtype);
      // as one truth: what differs among millions of numbers cannot be shown
      expect(fused.every((numbers, i) => numbers.every((number, at) => Object.is(number, plain[i]?.[at])))).toBe(true);
    }
    threads(own);
  },
);

it('reads views of any layout', () => {
  scope(() => {
    const [left, right]: Tensor[] = [zeros([4, 6]).add(1), zeros([6, 4]).add(2).transpose(0, 1)];
    const total = zeros([4, 2]);
    if (left === undefined || right === undefined) throw new RangeError('two tensors');
    addGradients_([total], [left.narrow(1, 1, 2)], [right.toDtype('bfloat16').narrow(1, 3, 2)]);
    expect(toNumbers(total)).toEqual(Array(8).fill(3));
    expect(() => addGradients_([total], [left], [right])).toThrow(/\[4, 2\]/);
    expect(() => addGradients_([total], [], [])).toThrow(/one length/);
  });
});
