import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  type DType,
  dropoutMask,
  Generator,
  grad,
  memory,
  noGrad,
  scope,
  type Tensor,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { type Affine, linears, oneCall, plainLinears } from './linears.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const ROWS = 70;
const SIZE = 24;
const DROPOUT = { rate: 0.3, seed: 2 ** 51 + 7 };

interface Case {
  readonly name: string;
  /** Of each layer: its outputs, the rank of its update (0: none), whether it has a bias. */
  readonly layers: readonly { out: number; rank: number; bias?: boolean }[];
  readonly dropout?: boolean;
  readonly trained?: boolean;
  /** The layer whose output no loss reads. */
  readonly unused?: number;
}

const CASES: readonly Case[] = [
  { name: 'one layer', layers: [{ out: 20, rank: 4 }] },
  { name: 'one layer with a bias, trained too', layers: [{ out: 20, rank: 4, bias: true }], trained: true },
  { name: 'three layers of other ranks', layers: [20, 8, 12].map((out, i) => ({ out, rank: i + 2 })) },
  {
    name: 'three layers, the second without an update',
    layers: [
      { out: 20, rank: 4 },
      { out: 8, rank: 0, bias: true },
      { out: 12, rank: 4 },
    ],
  },
  {
    name: 'three layers, the last of which nothing reads',
    layers: [20, 8, 12].map((out) => ({ out, rank: 3 })),
    unused: 2,
  },
  { name: 'two layers under dropout', layers: [20, 8].map((out) => ({ out, rank: 4 })), dropout: true },
];

/** The tensors of a case: the input first, then of each layer what it has. */
function leavesOf({ layers }: Case, dtype: DType): Tensor[] {
  using generator = new Generator(3);
  const normal = (...shape: number[]): Tensor => zeros(shape).normal_({ std: 0.5, generator }).toDtype(dtype);
  return [
    normal(ROWS, SIZE),
    ...layers.flatMap(({ out, rank, bias }) => [
      normal(out, SIZE),
      ...(bias === true ? [normal(out)] : []),
      ...(rank === 0 ? [] : [normal(rank, SIZE), normal(out, rank)]),
    ]),
  ];
}

function affines({ layers, dropout }: Case, leaves: readonly Tensor[]): Affine[] {
  const rest = leaves.slice(1);
  const next = (): Tensor => {
    const leaf = rest.shift();
    if (leaf === undefined) throw new RangeError('too few tensors');
    return leaf;
  };
  return layers.map(({ rank, bias }, stream) => {
    const weight = next();
    const own = bias === true ? next() : undefined;
    if (rank === 0) return { weight, bias: own, update: undefined };
    const [down, up] = [next(), next()];
    const update = { down, up, scale: 1.5 + stream, stream, dropout: dropout === true ? DROPOUT : undefined };
    return { weight, bias: own, update };
  });
}

/** A loss of all outputs but one, in which every element weighs differently. */
function lossOf(outputs: readonly Tensor[], unused: number | undefined): Tensor {
  using generator = new Generator(9);
  const parts = outputs.flatMap((output, i) => {
    const wide = output.dtype === 'bfloat16' ? output.toDtype('float32') : output;
    const weights = zeros([...output.shape], { dtype: wide.dtype }).normal_({ generator });
    return i === unused ? [] : [wide.mul(weights).sum()];
  });
  return parts.reduce((sum, part) => sum.add(part));
}

/** Outputs and gradients of one form. */
function evaluate(form: typeof linears, example: Case, dtype: DType): number[][] {
  return scope(() => {
    const leaves = leavesOf(example, dtype);
    const trained = leaves.filter((leaf, i) => i === 0 || example.trained === true || isUpdate(leaf, example));
    for (const leaf of trained) leaf.setRequiresGrad(true);
    const [input] = leaves;
    if (input === undefined) throw new RangeError('no input');
    const outputs = form(input, affines(example, leaves));
    const gradients = grad([lossOf(outputs, example.unused)], trained);
    return [...outputs, ...gradients].map((tensor) =>
      tensor === undefined ? [] : toNumbers(tensor.toDtype('float32')),
    );
  });
}

function isUpdate({ shape: [first = 0, second = 0] }: Tensor, { layers }: Case): boolean {
  return layers.some(
    ({ out, rank }) => rank > 0 && ((first === rank && second === SIZE) || (first === out && second === rank)),
  );
}

function distance(a: readonly number[], b: readonly number[]): number {
  const scale = Math.max(1, ...b.map(Math.abs));
  return Math.max(0, ...b.map((value, i) => Math.abs(value - (a[i] ?? Number.NaN)))) / scale;
}

describe.each(CASES)('linears: $name', (example) => {
  it('equal their plain twin in float32, gradients too, and leak nothing', () => {
    const before = memory();
    const plain = evaluate(plainLinears, example, 'float32');
    const fused = evaluate(linears, example, 'float32');
    expect(fused.length).toBe(plain.length);
    plain.forEach((numbers, i) => {
      // a layer that nothing reads gets no gradient in one form, a zero one in the other
      if ((fused[i] ?? []).length > 0) expect(distance(fused[i] ?? [], numbers)).toBeLessThan(3e-6);
      else expect(numbers.every((value) => value === 0)).toBe(true);
    });
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().handles).toBe(before.handles);
  });

  it('are no further from float32 in bfloat16 than their plain twin', () => {
    const exact = evaluate(plainLinears, example, 'float32');
    const fused = evaluate(linears, example, 'bfloat16');
    const plain = evaluate(plainLinears, example, 'bfloat16');
    exact.forEach((numbers, i) => {
      if ((fused[i] ?? []).length === 0) return;
      expect(distance(fused[i] ?? [], numbers)).toBeLessThanOrEqual(1.5 * distance(plain[i] ?? [], numbers) + 4e-3);
    });
  });

  it('have the gradients that finite differences give, in float64', () => {
    scope(() => {
      const leaves = leavesOf(example, 'float64');
      for (const leaf of leaves) leaf.setRequiresGrad(true);
      const loss = (): Tensor => {
        const [input] = leaves;
        if (input === undefined) throw new RangeError('no input');
        return lossOf(
          oneCall(input, affines(example, leaves)).map((output) => output.tanh()),
          example.unused,
        );
      };
      const gradients = grad([loss()], leaves);
      leaves.forEach((leaf, place) => {
        const exact = gradients[place];
        const flat = leaf.detach().view([-1]);
        for (let i = 0; i < flat.count; i += 37) {
          const element = flat.narrow(0, i, 1);
          const at = (step: number): number =>
            noGrad(() =>
              scope(() => {
                element.add_(step);
                return loss().item();
              }),
            );
          const slope = (at(1e-5) - at(-2e-5)) / 2e-5;
          element.add_(1e-5);
          expect(exact === undefined ? 0 : toNumbers(exact.reshape([-1]))[i]).toBeCloseTo(slope, 5);
        }
      });
    });
  });
});

describe('dropoutMask', () => {
  it('drops the share that is asked for, alike in rows and columns, and is a function of seed, stream and place', () => {
    scope(() => {
      const mask = (seed: number, stream: number) => dropoutMask(400, 300, 0.2, seed, stream);
      const kept = mask(5, 0).gt(0).toDtype('float32');
      expect(toNumbers(mask(5, 0).amax())).toEqual([1.25]);
      expect(kept.mean().item()).toBeCloseTo(0.8, 2);
      // 4.5 standard deviations of a mean of 300 and of 400 draws
      for (const [dim, draws] of [
        [1, 300],
        [0, 400],
      ] as const) {
        const most = Math.max(...toNumbers(kept.meanDim([dim])).map((share) => Math.abs(share - 0.8)));
        expect(most).toBeLessThan(4.5 * Math.sqrt((0.2 * 0.8) / draws));
      }
      expect(mask(5, 0).equal(mask(5, 0))).toBe(true);
      for (const other of [mask(6, 0), mask(5, 1), mask(2 ** 52, 0)]) {
        // of two masks drawn apart 0.8^2 + 0.2^2 of the places agree
        const agree = other.gt(0).toDtype('float32').eq(kept).toDtype('float32').mean().item();
        expect(agree).toBeCloseTo(0.68, 2);
      }
      // the first rows of a longer mask are those of a shorter one
      expect(dropoutMask(10, 300, 0.2, 5, 0).equal(mask(5, 0).narrow(0, 0, 10))).toBe(true);
    });
  });
});
