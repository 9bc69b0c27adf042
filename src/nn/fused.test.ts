import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  type DType,
  fromIndices,
  fromNumbers,
  fusedRmsNorm,
  Generator,
  grad,
  memory,
  scope,
  type Tensor,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { ForestAttention } from './forest-attention.js';
import { type Gating, gating, plainGating } from './gating.js';
import { plainOffsetRows, plainScaledRows } from './norms.js';
import { plainFrequencies, plainRotate, rotaryTables, rotate } from './rotary.js';
import type { TreeLayout } from './tree-layout.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** A function of tensors in two forms, and how to make its inputs. */
interface Twins {
  readonly name: string;
  inputs(normal: (shape: number[]) => Tensor): Tensor[];
  fused(inputs: readonly Tensor[]): Tensor;
  plain(inputs: readonly Tensor[]): Tensor;
}

const part = (list: readonly Tensor[], i: number): Tensor => {
  const found = list[i];
  if (found === undefined) throw new RangeError(`no input ${i}`);
  return found;
};

function rotaryTwins(name: string, size: number, rotated: number, shape: (normal: Tensor) => Tensor): Twins {
  const tables = (like: Tensor) =>
    rotaryTables(
      { dimensions: rotated, frequencies: plainFrequencies(rotated, 100), attentionFactor: 1 },
      fromIndices([0, 1, 2, 3, 4, 0, 7]),
      like.dtype,
    );
  return {
    name,
    inputs: (normal) => [normal([7, 3, 2 * size])],
    fused: (all) => rotate(shape(part(all, 0)), tables(part(all, 0))),
    plain: (all) => plainRotate(shape(part(all, 0)), tables(part(all, 0))),
  };
}

/** Trees longer than a block of the operator, one without branches, one with an empty branch, one with a trunk of one. */
const TREES: TreeLayout[] = [
  {
    trunkBegin: 0,
    trunkLength: 150,
    branches: [
      { begin: 150, length: 3 },
      { begin: 153, length: 140 },
    ],
  },
  { trunkBegin: 293, trunkLength: 5, branches: [] },
  {
    trunkBegin: 298,
    trunkLength: 1,
    branches: [
      { begin: 299, length: 0 },
      { begin: 299, length: 9 },
      { begin: 308, length: 2 },
    ],
  },
];
const ROWS = 310;

function attentionTwins(heads: number, groups: number, size = 8): Twins {
  const forest = () => new ForestAttention(TREES, fromIndices(new Int32Array(ROWS)));
  const options = { scale: size ** -0.5 };
  return {
    name: `attention over a forest, ${heads} query heads of ${size} on ${groups}`,
    inputs: (normal) => [normal([ROWS, heads, size]), normal([ROWS, groups, size]), normal([ROWS, groups, size])],
    fused: (all) => forest().attend(0, part(all, 0), part(all, 1), part(all, 2), options),
    plain: (all) => forest().plainAttend(part(all, 0), part(all, 1), part(all, 2), options),
  };
}

const TWINS: Twins[] = [
  {
    name: 'RMS norm',
    inputs: (normal) => [normal([130, 48]), normal([48])],
    fused: (all) => fusedRmsNorm(part(all, 0), part(all, 1), 1e-5),
    plain: (all) => plainScaledRows(part(all, 0), part(all, 1), 1e-5),
  },
  {
    name: 'RMS norm of heads, Gemma form',
    inputs: (normal) => [normal([33, 4, 20]), normal([20])],
    fused: (all) => fusedRmsNorm(part(all, 0), part(all, 1), 1e-6, { offset: true }),
    plain: (all) => plainOffsetRows(part(all, 0), part(all, 1), 1e-6),
  },
  rotaryTwins('rotary of whole heads', 16, 16, (x) => x.narrow(2, 0, 16).contiguous()),
  rotaryTwins('rotary of a part of each head, which is a view', 10, 6, (x) => x.narrow(2, 3, 10)),
  ...['silu', 'gelu_pytorch_tanh'].map((name) => ({
    name: `gate with ${name}, halves of one tensor`,
    inputs: (normal: (shape: number[]) => Tensor) => [normal([37, 64])],
    fused: (all: readonly Tensor[]) => gating(name)(part(all, 0).narrow(1, 0, 32), part(all, 0).narrow(1, 32, 32)),
    plain: (all: readonly Tensor[]) => plainGating(name)(part(all, 0).narrow(1, 0, 32), part(all, 0).narrow(1, 32, 32)),
  })),
  attentionTwins(6, 2),
  attentionTwins(3, 3),
  // widths that a product's columns are cut from differently
  ...[30, 48, 64, 80, 112].map((size) => attentionTwins(4, 2, size)),
  attentionTwins(16, 1, 64),
];

/** The result and the gradients of all inputs, under one random weighting of the result. */
function evaluate(twins: Twins, form: 'fused' | 'plain', dtype: DType): number[][] {
  return scope(() => {
    using generator = new Generator(5);
    const normal = (shape: number[]): Tensor => zeros(shape).normal_({ std: 1, generator });
    const inputs = twins.inputs(normal).map((input) => input.toDtype(dtype).setRequiresGrad(true));
    const result = twins[form](inputs);
    const weights = normal([...result.shape]).toDtype(dtype);
    const gradients = grad([result.mul(weights).toDtype('float32').sum()], inputs);
    return [result, ...gradients].map((tensor) => (tensor === undefined ? [] : toNumbers(tensor.toDtype('float32'))));
  });
}

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / scale;
}

describe.each(TWINS)('fused $name', (twins) => {
  it('equals its plain twin in float32, gradients too, and leaks nothing', () => {
    const before = memory();
    const fused = evaluate(twins, 'fused', 'float32');
    evaluate(twins, 'plain', 'float32').forEach((plain, i) => {
      expect(plain.length).toBeGreaterThan(0);
      expect(distance(fused[i] ?? [], plain)).toBeLessThan(3e-6);
    });
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().handles).toBe(before.handles);
  });

  it('is no further from float32 in bfloat16 than its plain twin', () => {
    const exact = evaluate(twins, 'plain', 'float32');
    const fused = evaluate(twins, 'fused', 'bfloat16');
    const plain = evaluate(twins, 'plain', 'bfloat16');
    exact.forEach((numbers, i) => {
      expect(distance(fused[i] ?? [], numbers)).toBeLessThanOrEqual(1.5 * distance(plain[i] ?? [], numbers) + 4e-3);
    });
  });
});

describe.each(['silu', 'gelu_pytorch_tanh'])('the fused gate of %s at the ends of its range', (name) => {
  it('equals its plain twin where exp would overflow, and NaN stays NaN', () => {
    const ends = [-1e30, -1000, -88.5, -87.4, -87.3, -20, 0, 20, 87.3, 87.4, 88.5, 1000, 1e30, Number.NaN];
    // so long that whole vectors are computed
    const gates = Array.from({ length: 32 }, () => ends).flat();
    const of = (form: Gating): number[] =>
      scope(() => {
        const gate = fromNumbers(gates).reshape([2, gates.length / 2]);
        return toNumbers(form(gate, zeros(gate.shape).add(1)));
      });
    const [fused, plain] = [of(gating(name)), of(plainGating(name))];
    fused.forEach((value, i) => {
      const exact = plain[i] ?? 0;
      if (Number.isNaN(exact)) expect(value).toBeNaN();
      else expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(exact)));
    });
    expect(plain.filter(Number.isNaN).length).toBe(32);
  });
});
