import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { fromIndices, fromNumbers, Generator, memory, scope, type Tensor, toNumbers, zeros } from '../torch/index.js';
import { ForestAttention } from './forest-attention.js';
import type { TreeLayout } from './tree-layout.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const LAYOUT: readonly TreeLayout[] = [
  {
    trunkBegin: 0,
    trunkLength: 4,
    branches: [
      { begin: 4, length: 3 },
      { begin: 7, length: 0 },
      { begin: 7, length: 5 },
    ],
  },
  { trunkBegin: 12, trunkLength: 1, branches: [{ begin: 13, length: 2 }] },
];
const POSITIONS = [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 0, 1, 2];
const [N, HEADS, GROUPS, SIZE] = [15, 4, 2, 6];

/** Tree and branch of each token; branch -1 is the trunk. */
const OWNERS = [...Array(4).fill([0, -1]), ...Array(3).fill([0, 0]), ...Array(5).fill([0, 2]), [1, -1], [1, 0], [1, 0]];

function sees(query: number, key: number, window: number | undefined): boolean {
  const [tree, branch] = OWNERS[query];
  const [otherTree, otherBranch] = OWNERS[key];
  const distance = (POSITIONS[query] ?? 0) - (POSITIONS[key] ?? 0);
  return (
    tree === otherTree &&
    (otherBranch === -1 || otherBranch === branch) &&
    distance >= 0 &&
    (window === undefined || distance < window)
  );
}

/** The definition, with one dense mask over all tokens. */
function dense(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  scale: number,
  window: number | undefined,
  softcap: number | undefined,
): Tensor {
  const mask = fromNumbers(
    Array.from({ length: N * N }, (_, i) => (sees(Math.floor(i / N), i % N, window) ? 0 : Number.NEGATIVE_INFINITY)),
    { shape: [N, N] },
  );
  const repeat = (heads: Tensor) => heads.repeatInterleave(HEADS / GROUPS, { dim: 1 }).transpose(0, 1);
  const raw = query.transpose(0, 1).matmul(repeat(key).transpose(1, 2)).mul(scale);
  const scores = softcap === undefined ? raw : raw.div(softcap).tanh().mul(softcap);
  return scores.add(mask).softmax(-1).matmul(repeat(value)).transpose(0, 1);
}

describe.each([
  { window: undefined, softcap: undefined },
  { window: 3, softcap: undefined },
  { window: undefined, softcap: 2 },
  { window: 2, softcap: 2 },
])('ForestAttention with %o', ({ window, softcap }) => {
  it('equals attention under one dense mask', () => {
    const before = memory().bytes;
    scope(() => {
      using generator = new Generator(3);
      const normal = (heads: number) => zeros([N, heads, SIZE]).normal_({ generator });
      const [query, key, value] = [normal(HEADS), normal(GROUPS), normal(GROUPS)];
      const context = new ForestAttention(LAYOUT, fromIndices(POSITIONS));
      const ours = toNumbers(context.attend(0, query, key, value, { scale: 0.4, window, softcap }));
      const exact = toNumbers(dense(query, key, value, 0.4, window, softcap));
      expect(Math.max(...ours.map((number, i) => Math.abs(number - (exact[i] ?? Number.NaN))))).toBeLessThan(1e-5);
    });
    expect(memory().bytes).toBe(before);
  });
});
