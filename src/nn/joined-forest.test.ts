import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  type DType,
  fromIndices,
  fromNumbers,
  Generator,
  grad,
  memory,
  scope,
  type Tensor,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { withJoinedAttention } from './can-fuse.js';
import { ForestAttention } from './forest-attention.js';
import { joinedForest } from './joined-forest.js';
import type { TreeLayout } from './tree-layout.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Trees end to end: of each the length of its trunk, then those of its branches. */
function forestOf(...lengths: readonly (readonly [number, ...number[]])[]): TreeLayout[] {
  let end = 0;
  const next = (length: number): number => {
    end += length;
    return end - length;
  };
  return lengths.map(([trunkLength, ...branches]) => ({
    trunkBegin: next(trunkLength),
    trunkLength,
    branches: branches.map((length) => ({ begin: next(length), length })),
  }));
}

const tokensOf = (trees: readonly TreeLayout[]): number =>
  trees.reduce(
    (sum, { trunkLength, branches }) => sum + trunkLength + branches.reduce((own, { length }) => own + length, 0),
    0,
  );

const FORESTS: readonly (readonly [string, TreeLayout[]])[] = [
  ['a trunk alone', forestOf([37])],
  ['trunks alone', forestOf([5], [1], [40])],
  ['one branch', forestOf([21, 34])],
  ['branches of all lengths, one of them empty', forestOf([70, 3, 0, 140, 1])],
  ['empty branches alone', forestOf([6, 0, 0], [4, 3])],
  ['trees with and without branches', forestOf([12], [30, 8, 9], [2], [1, 1], [5, 0], [44, 2, 90, 7])],
  ['an empty trunk', forestOf([0, 6, 9], [3, 4], [0], [0, 2])],
  ['single tokens', forestOf([1, 1], [1, 1, 1], [1])],
  ['sequences longer than a block', forestOf([600, 300, 700], [513, 512])],
  ['many trees', forestOf(...Array.from({ length: 40 }, (_, i) => [1 + ((7 * i) % 11), (5 * i) % 13, i % 4] as const))],
];

const HEADS = [
  { heads: 3, groups: 3, size: 8 },
  { heads: 6, groups: 2, size: 16 },
  { heads: 8, groups: 1, size: 64 },
];
type Heads = (typeof HEADS)[number];

const attend = {
  joined: (context: ForestAttention, [query, key, value]: Inputs, scale: number) =>
    withJoinedAttention(() => context.attend(0, query, key, value, { scale })),
  fused: (context: ForestAttention, [query, key, value]: Inputs, scale: number) =>
    context.attend(0, query, key, value, { scale }),
  plain: (context: ForestAttention, [query, key, value]: Inputs, scale: number) =>
    context.plainAttend(query, key, value, { scale }),
};
type Inputs = readonly [Tensor, Tensor, Tensor];

/** The result and the gradients of query, key and value, under one random weighting of the result. */
function evaluate(form: keyof typeof attend, trees: TreeLayout[], { heads, groups, size }: Heads, dtype: DType) {
  return scope(() => {
    using generator = new Generator(5);
    const tokens = tokensOf(trees);
    // scores of several units, so that one part of the softmax may outweigh the other
    const normal = (count: number, std: number): Tensor => zeros([tokens, count, size]).normal_({ std, generator });
    const leaf = (count: number, std: number): Tensor => normal(count, std).toDtype(dtype).setRequiresGrad(true);
    const inputs: Inputs = [leaf(heads, 2), leaf(groups, 2), leaf(groups, 1)];
    const context = new ForestAttention(trees, fromIndices(new Int32Array(tokens)));
    const result = attend[form](context, inputs, size ** -0.5);
    const gradients = grad([result.toDtype('float32').mul(normal(heads, 1)).sum()], [...inputs]);
    return [result, ...gradients].map((tensor) => (tensor === undefined ? [] : toNumbers(tensor.toDtype('float32'))));
  });
}

/** The largest gap, on the scale of the largest number. */
function distance(a: readonly number[] = [], b: readonly number[] = []): number {
  expect(a.length).toBe(b.length);
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / scale;
}

describe.each(FORESTS)('joined attention over %s', (_name, trees) => {
  it.each(HEADS)('equals both other forms in float32, gradients too: $heads heads of $size on $groups', (heads) => {
    const before = memory();
    const joined = evaluate('joined', trees, heads, 'float32');
    for (const form of ['plain', 'fused'] as const) {
      const other = evaluate(form, trees, heads, 'float32');
      expect(other.every((numbers) => numbers.length > 0)).toBe(true);
      // the join adds the rounding of a logarithm and an exponential to what the others differ by
      other.forEach((numbers, i) => {
        expect(distance(joined[i], numbers), `${form} ${i}`).toBeLessThan(5e-6);
      });
    }
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().handles).toBe(before.handles);
  });

  it.each(HEADS)('is no further from float32 in bfloat16 than plain: $heads heads of $size on $groups', (heads) => {
    const exact = evaluate('plain', trees, heads, 'float32');
    const joined = evaluate('joined', trees, heads, 'bfloat16');
    const plain = evaluate('plain', trees, heads, 'bfloat16');
    exact.forEach((numbers, i) => {
      // an output that is joined and a gradient that is a sum are rounded once more
      expect(distance(joined[i], numbers)).toBeLessThanOrEqual(1.5 * distance(plain[i], numbers) + 4e-3);
    });
  });
});

it('joins parts of which one has next to all of the weight', () => {
  scope(() => {
    // the first branch sees itself alone, the second its trunk alone, but for 1e-17 and less
    const trees = forestOf([1, 1, 1]);
    const column = (...numbers: number[]): Tensor => fromNumbers(numbers, { shape: [3, 1, 1] }).setRequiresGrad(true);
    const [query, key, value] = [column(1, 20, 20), column(-1, 1, -3), column(2, 3, 5)];
    const context = new ForestAttention(trees, fromIndices([0, 1, 1]));
    const result = attend.joined(context, [query, key, value], 1);
    expect(toNumbers(result)).toEqual([2, 3, 2]);
    const gradients = grad([result.sum()], [query, key, value]).map((tensor) =>
      tensor === undefined ? [] : toNumbers(tensor),
    );
    expect(distance(gradients[0], [0, 0, 0])).toBeLessThan(1e-12);
    expect(distance(gradients[1], [0, 0, 0])).toBeLessThan(1e-12);
    expect(gradients[2]).toEqual([2, 1, 0].map((count) => expect.closeTo(count, 6)));
  });
});

describe('joinedForest', () => {
  it('names the sequences of both calls and leaves out what is empty', () => {
    scope(() => {
      const forest = joinedForest(forestOf([3, 2, 0, 4], [5], [0, 2], [1, 1]), 'cpu');
      expect(toNumbers(forest.segmentBounds)).toEqual([0, 3, 5, 9, 14, 16, 17, 18]);
      expect(toNumbers(forest.branchRows)).toEqual([3, 4, 5, 6, 7, 8, 17]);
      expect(toNumbers(forest.branchBounds)).toEqual([0, 6, 7]);
      expect(toNumbers(forest.trunkRows)).toEqual([0, 1, 2, 16]);
      expect(toNumbers(forest.trunkBounds)).toEqual([0, 3, 4]);
      expect([forest.longestSegment, forest.mostBranchTokens, forest.longestTrunk]).toEqual([5, 6, 3]);
      expect([forest.segmentBounds.dtype, forest.trunkRows.dtype]).toEqual(['int32', 'int64']);
    });
  });

  it('refuses segments that do not lie end to end', () => {
    const gap: TreeLayout[] = [{ trunkBegin: 0, trunkLength: 3, branches: [{ begin: 4, length: 1 }] }];
    expect(() => joinedForest(gap, 'cpu')).toThrow('begins at token 4');
  });

  it('is made once a forest', () => {
    scope(() => {
      const row = zeros([9, 2, 8]);
      const context = new ForestAttention(forestOf([3, 2, 4]), fromIndices(new Int32Array(9)));
      const layer = () => scope(() => void attend.joined(context, [row, row, row], 1));
      layer();
      const { handles } = memory();
      layer();
      expect(memory().handles).toBe(handles);
    });
  });
});
