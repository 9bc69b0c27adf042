import { describe, expect, it } from 'vitest';
import { RandomSource } from '../models/parameter-sources.js';
import { gatherGradients } from '../nn/gather-gradients.js';
import { Linear } from '../nn/linear.js';
import { ParameterStore } from '../nn/parameter-store.js';
import {
  backward,
  type DType,
  fromNumbers,
  Generator,
  gradOf,
  noGrad,
  scope,
  type Tensor,
  toFloat32Array,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { attachLora } from './attach.js';
import { adapterConfig } from './config.js';
import type { LoraSet } from './lora-set.js';
import { mergeLora } from './merge.js';
import { largestDifference } from './testing/golden-llama.js';

const NAMES = ['layers.0.q_proj', 'layers.0.k_proj', 'layers.1.q_proj', 'layers.1.k_proj'] as const;

function makeStore(dtype: DType = 'float32', transposed = false): ParameterStore {
  const store = new ParameterStore(new RandomSource(5, 0.5, dtype));
  for (const name of NAMES) new Linear(store, name, { in: 6, out: 5, bias: true, transposed });
  return store;
}

function firstOf(store: ParameterStore): Linear {
  const linear = store.linears.get(NAMES[0]);
  if (!(linear instanceof Linear)) throw new Error('the store is empty');
  return linear;
}

function normal(shape: readonly number[], seed: number, dtype: DType = 'float32'): Tensor {
  using generator = new Generator(seed);
  return zeros(shape, { dtype }).normal_({ generator });
}

// B starts at zero, which would hide half of the arithmetic
function fillUp(set: LoraSet): void {
  for (const [i, { up }] of set.adapters.entries()) scope(() => up.restore(normal(up.shape, 40 + i)));
}

function attach(store: ParameterStore, options: object = {}, seed = 7): LoraSet {
  return attachLora(store, adapterConfig.parse({ rank: 2, alpha: 3, ...options }), seed);
}

describe('attachLora', () => {
  it('starts as PEFT does: A uniform within 1/sqrt(in), B zero, the output unchanged', () => {
    const store = makeStore();
    const input = normal([4, 6], 1);
    const before = toFloat32Array(firstOf(store).forward(input));
    using set = attach(store);
    expect(toFloat32Array(firstOf(store).forward(input))).toEqual(before);
    const drawn = set.adapters.flatMap(({ down }) => [...toFloat32Array(down.value)]);
    const bound = 6 ** -0.5;
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...drawn)).toBeGreaterThan(0.8 * bound);
    expect(Math.min(...drawn)).toBeLessThan(-0.8 * bound);
    expect(set.parameters.slice(0, 2).map(({ name, shape }) => [name, shape])).toEqual([
      ['base_model.model.layers.0.q_proj.lora_A.weight', [2, 6]],
      ['base_model.model.layers.0.q_proj.lora_B.weight', [5, 2]],
    ]);
  });

  it('draws the same weights from the same seed, others from another', () => {
    const weights = (seed: number) => {
      using set = attach(makeStore(), {}, seed);
      return set.parameters.map(({ value }) => toNumbers(value));
    };
    expect(weights(7)).toEqual(weights(7));
    expect(weights(8)).not.toEqual(weights(7));
  });

  it('adapts the layers that are named, by the end of a name or the whole of it', () => {
    const adapted = (targets: readonly string[]) => {
      using set = attach(makeStore(), { targets });
      return set.adapters.map(({ linear }) => linear.name);
    };
    expect(adapted(['q_proj'])).toEqual(['layers.0.q_proj', 'layers.1.q_proj']);
    expect(adapted(['layers.1.k_proj', '0.q_proj'])).toEqual(['layers.0.q_proj', 'layers.1.k_proj']);
  });

  it('names what is wrong with a target, a rank or a second adapter', () => {
    const store = makeStore();
    expect(() => attach(store, { targets: ['q_porj'] })).toThrow('"q_porj"; did you mean "q_proj"?');
    expect(() => attach(store, { targets: ['proj'] })).toThrow('No linear layer is called "proj"');
    expect(() => attach(store, { rank: 6 })).toThrow('Rank 6 exceeds what "layers.0.q_proj" can hold');
    using _set = attach(store);
    expect(() => attach(store)).toThrow('bears an adapter already');
  });
});

describe('LoraAdapter', () => {
  it.each([false, true])('computes y + scale * x A^T B^T, and merges into it (Conv1D layout: %s)', (transposed) => {
    const store = makeStore('float32', transposed);
    const input = normal([4, 6], 1);
    const linear = firstOf(store);
    const base = linear.forward(input);
    using set = attach(store, { rankStabilised: true });
    fillUp(set);
    const [adapter] = set.adapters;
    if (adapter === undefined) throw new Error('nothing was adapted');
    const { down, up } = adapter;
    const update = input
      .matmul(down.value.transpose(0, 1))
      .matmul(up.value.transpose(0, 1))
      .mul(3 / Math.SQRT2);
    const expected = toFloat32Array(base.add(update));
    expect(largestDifference(toFloat32Array(linear.forward(input)), expected)).toBeLessThan(1e-5);
    mergeLora(set);
    expect(linear.adapter).toBeUndefined();
    expect(largestDifference(toFloat32Array(linear.forward(input)), expected)).toBeLessThan(1e-5);
  });

  it('merges into weights that are trained, and into bfloat16 with one rounding', () => {
    const store = makeStore('bfloat16');
    const linear = firstOf(store);
    const trained = store.linears.get(NAMES[1]);
    trained?.weight.train('bfloat16');
    using set = attach(store);
    fillUp(set);
    const expected = set.adapters.map(({ linear, up, down, scale }) => {
      const sum = up.wide().matmul(down.wide()).mul(scale).add(linear.weight.wide());
      return toNumbers(sum.toDtype('bfloat16'));
    });
    mergeLora(set);
    expect(toNumbers(linear.weight.value)).toEqual(expected[0]);
    expect(linear.weight.value.dtype).toBe('bfloat16');
    expect(trained === undefined ? [] : toNumbers(trained.weight.value)).toEqual(expected[1]);
  });

  it.each([false, true])('has the gradients finite differences give, in float64 (Conv1D layout: %s)', (transposed) => {
    const store = makeStore('float64', transposed);
    const linear = firstOf(store);
    using set = attach(store, { dropout: 0.3 });
    fillUp(set);
    const input = normal([4, 6], 1, 'float64').setRequiresGrad(true);
    const weights = normal([4, 5], 2, 'float64');
    const loss = () => set.withDropout(9, () => linear.forward(input).tanh().mul(weights).sum());
    const [adapter] = set.adapters;
    if (adapter === undefined) throw new Error('nothing was adapted');
    const leaves = [adapter.down.value.setRequiresGrad(true), adapter.up.value.setRequiresGrad(true), input];
    backward(loss());
    for (const leaf of leaves) {
      const gradient = gradOf(leaf);
      const exact = gradient === undefined ? [] : toNumbers(gradient);
      expect(largestDifference(exact, differences(leaf, loss))).toBeLessThan(1e-7);
    }
  });

  it('keeps float32 weights under bfloat16 values, and gathers float32 gradients', () => {
    const store = makeStore('bfloat16');
    using set = attach(store);
    using exact = attach(makeStore());
    for (const [i, parameter] of set.parameters.entries()) {
      expect(parameter.value.dtype).toBe('bfloat16');
      const other = exact.parameters[i];
      expect(toNumbers(parameter.wide())).toEqual(other === undefined ? [] : toNumbers(other.value));
    }
    backward(
      firstOf(store)
        .forward(normal([4, 6], 1, 'bfloat16'))
        .sum(),
    );
    const [, up] = set.parameters;
    gatherGradients(set.parameters);
    expect(up?.gradient?.dtype).toBe('bfloat16');
  });
});

describe('dropout', () => {
  it('repeats its masks with the seed, differs between layers and seeds, and is absent outside', () => {
    const store = makeStore();
    using set = attach(store, { dropout: 0.5 });
    fillUp(set);
    const input = fromNumbers(new Array(60).fill(1), { shape: [10, 6] });
    const forward = () =>
      [...store.linears.values()].flatMap((linear) =>
        linear instanceof Linear ? [toNumbers(linear.forward(input))] : [],
      );
    const plain = forward();
    const dropped = set.withDropout(11, forward);
    expect(dropped).not.toEqual(plain);
    expect(set.withDropout(11, forward)).toEqual(dropped);
    expect(set.withDropout(12, forward)).not.toEqual(dropped);
    expect(forward()).toEqual(plain);
    // equal rows of input, so rows that differ show that each element is drawn on its own
    expect(dropped[0]?.slice(0, 5)).not.toEqual(dropped[0]?.slice(5, 10));
  });

  it('keeps the mean of the update', () => {
    const store = makeStore();
    using set = attach(store, { dropout: 0.25 });
    fillUp(set);
    const linear = firstOf(store);
    const input = fromNumbers(new Array(60_000).fill(1), { shape: [10_000, 6] });
    const mean = () => toNumbers(noGrad(() => linear.forward(input).meanDim([0])));
    expect(largestDifference(set.withDropout(1, mean), mean())).toBeLessThan(0.05);
  });
});

function differences(leaf: Tensor, loss: () => Tensor): number[] {
  const step = 1e-5;
  return noGrad(() => {
    const flat = leaf.detach().view([-1]);
    return Array.from({ length: leaf.count }, (_, i) => {
      const element = flat.narrow(0, i, 1);
      element.add_(step);
      const above = loss().item();
      element.add_(-2 * step);
      const below = loss().item();
      element.add_(step);
      return (above - below) / (2 * step);
    });
  });
}
