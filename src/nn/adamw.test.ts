import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  adamw_,
  backward,
  fromTypedArray,
  Generator,
  memory,
  noGrad,
  scope,
  type Tensor,
  threads,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { AdamW } from './adamw.js';
import type { AdamWOptions } from './adamw-update.js';
import { withPlainOperators } from './can-fuse.js';
import { gatherGradients } from './gather-gradients.js';
import { Parameter } from './parameter.js';
import { joinMaster, splitMaster } from './split-master.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

let bytes = 0;
beforeEach(() => {
  bytes = memory().bytes;
});
afterEach(() => {
  expect(memory().bytes).toBe(bytes);
});

const OPTIONS: AdamWOptions = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1 };
/** More than a piece of the operator, and no multiple of it. */
const SHAPE = [67, 123];

function normal(seed: number, std: number, dtype: 'float32' | 'bfloat16' = 'float32'): Tensor {
  using generator = new Generator(seed);
  return zeros(SHAPE).normal_({ std, generator }).toDtype(dtype);
}

/** Gathers a gradient of the parameter's dtype, as a backward pass leaves it. */
function setGradient(parameter: Parameter, gradient: Tensor): void {
  parameter.clearGradient();
  backward(parameter.value.mul(gradient).sum());
  gatherGradients([parameter]);
}

describe.each(['our operator', 'libtorch’s'])('splitMaster by %s', (by) => {
  const split = (master: Tensor) =>
    by === 'our operator' ? splitMaster(master) : withPlainOperators(() => splitMaster(master));

  it('rounds as torch does, and loses a unit in the last place of ties alone', () => {
    const bits = [0, 1, 0x8000, 0x7fff, 0x3f80_8001, 0x3f80_7fff, 0x3f81_8000, 0x7f7f_ffff, 0x7f80_0000, 0x4123_4567];
    const exact = new Float32Array(new Uint32Array(bits.flatMap((one) => [one, one | 0x8000_0000])).buffer);
    const downwards = new Float32Array(new Uint32Array([0x3f80_8000, 0xbf80_8000]).buffer);
    const there = (numbers: Float32Array): number[] =>
      scope(() => {
        const master = fromTypedArray(numbers);
        const halves = split(master);
        expect(toNumbers(halves.value)).toEqual(toNumbers(master.toDtype('bfloat16')));
        return toNumbers(joinMaster(halves).viewDtype('int32').sub(master.viewDtype('int32')));
      });
    expect(there(exact).filter((moved) => moved !== 0)).toEqual([-1, -1]);
    expect(there(downwards)).toEqual([-1, -1]);
  });

  it('keeps NaN, whatever its bits', () => {
    const nan = new Float32Array(new Uint32Array([0x7fc0_0000, 0x7fff_ffff, 0xffff_ffff, 0x7f80_0001]).buffer);
    scope(() => {
      const halves = split(fromTypedArray(nan));
      expect(toNumbers(halves.value)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
      expect(toNumbers(joinMaster(halves))).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    });
  });
});

describe.each(['float32', 'bfloat16'] as const)('AdamW on %s values', (dtype) => {
  it('equals its twin, which is torch’s own operator on whole float32 weights', () => {
    scope(() => {
      const [fused, plain] = [0, 0].map(() => {
        const parameter = new Parameter('weight', normal(1, 0.5));
        parameter.train(dtype);
        return { parameter, optimiser: new AdamW([parameter], OPTIONS) };
      });
      if (fused === undefined || plain === undefined) throw new RangeError('two parameters');
      const largest: number[] = [];
      for (let step = 1; step <= 20; step++) {
        for (const { parameter } of [fused, plain]) setGradient(parameter, normal(10 + step, 0.3 / step, dtype));
        fused.optimiser.step(1e-2, 0.7);
        withPlainOperators(() => plain.optimiser.step(1e-2, 0.7));
        largest.push(fused.parameter.wide().sub(plain.parameter.wide()).abs().max().item());
      }
      // a unit in the last place of weights below 4, and of updates that add up over the steps
      expect(Math.max(...largest)).toBeLessThan(1e-6);
      for (const { parameter, optimiser } of [fused, plain]) {
        expect(toNumbers(optimiser.state().get('weight.count') ?? zeros([]))).toEqual([20]);
        if (dtype === 'float32') expect(parameter.rest).toBeUndefined();
        else expect(toNumbers(parameter.value)).toEqual(toNumbers(splitMaster(parameter.wide()).value));
        parameter.dispose();
        optimiser.dispose();
      }
    });
  });

  it('goes on after a restore as if nothing had happened', () => {
    scope(() => {
      const run = (steps: readonly number[], parameter: Parameter, optimiser: AdamW): void => {
        for (const step of steps) {
          setGradient(parameter, normal(step, 0.1, dtype));
          optimiser.step(3e-3);
        }
      };
      const start = (): [Parameter, AdamW] => {
        const parameter = new Parameter('weight', normal(2, 1));
        parameter.train(dtype);
        return [parameter, new AdamW([parameter], OPTIONS)];
      };
      const [whole, wholeOptimiser] = start();
      run([1, 2, 3], whole, wholeOptimiser);
      const saved = { weights: whole.wide().clone(), state: new Map<string, Tensor>() };
      for (const [name, tensor] of wholeOptimiser.state())
        saved.state.set(
          name,
          noGrad(() => tensor.clone()),
        );
      run([4, 5], whole, wholeOptimiser);
      const [resumed, resumedOptimiser] = start();
      resumed.restore(saved.weights);
      resumedOptimiser.restore(saved.state, 3);
      run([4, 5], resumed, resumedOptimiser);
      expect(toNumbers(resumed.wide())).toEqual(toNumbers(whole.wide()));
      for (const parameter of [whole, resumed]) parameter.dispose();
      for (const optimiser of [wholeOptimiser, resumedOptimiser]) optimiser.dispose();
    });
  });
});

it('takes gradients of either dtype, whatever the layout', () => {
  scope(() => {
    const updated = (gradient: Tensor): number[] => {
      const parameter = new Parameter('weight', normal(1, 1));
      parameter.train('bfloat16');
      gatherGradients([parameter]);
      const optimiser = new AdamW([parameter], OPTIONS);
      backward(parameter.value, gradient.toDtype('bfloat16'));
      gatherGradients([parameter]);
      optimiser.step(1e-2);
      const result = toNumbers(parameter.wide());
      parameter.dispose();
      optimiser.dispose();
      return result;
    };
    const gradient = normal(5, 1, 'bfloat16');
    const strided = gradient.transpose(0, 1).contiguous().transpose(0, 1);
    expect(updated(strided)).toEqual(updated(gradient));
  });
});

/** Sizes around the operator's pieces, in both dtypes, and one that is left without a gradient. */
function mixed(): Parameter[] {
  using generator = new Generator(6);
  return [[1], [4095], [4096], SHAPE, [4097], [3, 5], [20_000]].map((shape, i) => {
    const parameter = new Parameter(
      `weight ${i}`,
      scope(() => zeros(shape).normal_({ generator })),
    );
    parameter.train(i % 3 === 0 ? 'float32' : 'bfloat16');
    return parameter;
  });
}

/** Three updates of `mixed()` by optimisers that share its parameters out; the weights, moments and counts after them. */
function afterUpdates(shares: (all: readonly Parameter[]) => (readonly Parameter[])[]): Map<string, number[]> {
  return scope(() => {
    const parameters = mixed();
    const optimisers = shares(parameters).map((share) => new AdamW(share, OPTIONS));
    using generator = new Generator(7);
    for (const step of [1, 2, 3]) {
      for (const [i, { name, shape, value }] of parameters.entries()) {
        const gradient = zeros(shape).normal_({ generator });
        // of the last, the first update has no gradient: its count stays behind
        if (name === 'weight 6' && step === 1) continue;
        backward(value, gradient.toDtype(value.dtype));
        // the sum of two micro-batches is float32
        if (i % 2 === 0) {
          gatherGradients(parameters);
          backward(value, gradient.toDtype(value.dtype));
        }
      }
      gatherGradients(parameters);
      for (const optimiser of optimisers) optimiser.step(1e-2, 0.3);
      for (const parameter of parameters) parameter.clearGradient();
    }
    const result = new Map(parameters.map((parameter) => [parameter.name, toNumbers(parameter.wide())]));
    for (const optimiser of optimisers) {
      for (const [name, tensor] of optimiser.state()) result.set(name, toNumbers(tensor));
      optimiser.dispose();
    }
    for (const parameter of parameters) parameter.dispose();
    return result;
  });
}

describe.each([
  ['the fused operator', <T>(body: () => T) => body()],
  ['plain operators', withPlainOperators],
] as const)('many parameters with %s', (_, operators) => {
  it('move in one call as each does alone, bit for bit, with one thread and with two', () => {
    const own = threads();
    const run = (count: number, shares: Parameters<typeof afterUpdates>[0]) => {
      threads(count);
      return operators(() => afterUpdates(shares));
    };
    const alone = run(1, (all) => all.map((parameter) => [parameter]));
    expect(alone.get('weight 5.count')).toEqual([3]);
    expect(alone.get('weight 6.count')).toEqual([2]);
    for (const count of [1, 2]) expect(run(count, (all) => [all])).toEqual(alone);
    threads(own);
  });
});

it('refuses lists of different lengths, and changes nothing', () => {
  scope(() => {
    const [value, gradient, first, second] = [1, 0, 0, 0].map((number) => zeros([3]).add(number));
    if (value === undefined || gradient === undefined || first === undefined || second === undefined)
      throw new RangeError('four tensors');
    const count = zeros([]);
    const options = { lr: 1, beta1: 0.9, beta2: 0.9, weightDecay: 1, eps: 1e-8 };
    expect(() => adamw_([value], [], [gradient], [first], [second], [count], options)).toThrow(/1 values/);
    expect(() =>
      adamw_(
        [value, value],
        [undefined, undefined],
        [gradient, zeros([4])],
        [first, first],
        [second, second],
        [count, count],
        options,
      ),
    ).toThrow(/value is \[3\]/);
    expect(toNumbers(value)).toEqual([1, 1, 1]);
    expect(toNumbers(count)).toEqual([0]);
  });
});
