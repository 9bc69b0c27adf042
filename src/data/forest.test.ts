import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildForest, type ForestBatch } from './forest.js';
import { type Tree, treeTokens } from './tree.js';

const ids = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 7 });
const tree = fc.record({ trunk: ids, branches: fc.array(ids, { minLength: 1, maxLength: 4 }), row: fc.nat() }).map(
  ({ trunk, branches, row }): Tree => ({
    trunk: Int32Array.from(trunk),
    branches: branches.map((branch) => ({ ids: Int32Array.from(branch) })),
    origin: { file: 'made.jsonl', row },
  }),
);
const trees = fc.array(tree, { maxLength: 6 });

/** The tokens a row can see, oldest first, read from the layout alone. */
function contextOf(forest: ForestBatch, row: number): number[] {
  for (const { trunkBegin, trunkLength, branches } of forest.trees) {
    if (row >= trunkBegin && row < trunkBegin + trunkLength) return [...forest.inputIds.subarray(trunkBegin, row + 1)];
    for (const { begin, length } of branches) {
      if (row < begin || row >= begin + length) continue;
      const trunk = forest.inputIds.subarray(trunkBegin, trunkBegin + trunkLength);
      return [...trunk, ...forest.inputIds.subarray(begin, row + 1)];
    }
  }
  throw new Error(`row ${row} lies in no tree`);
}

/** Every prediction of every sequence written out in full: segment, target and the tokens before it. */
function naive(all: readonly Tree[], nll: 'full' | 'response'): string[] {
  const predictions: string[] = [];
  let segment = 0;
  for (const { trunk, branches } of all) {
    if (nll === 'full')
      trunk.forEach((id, i) => {
        if (i > 0) predictions.push(`${segment}: ${id} after ${trunk.slice(0, i).join(' ')}`);
      });
    segment++;
    for (const branch of branches) {
      const sequence = [...trunk, ...branch.ids];
      for (let i = trunk.length; i < sequence.length; i++)
        predictions.push(`${segment}: ${sequence[i]} after ${sequence.slice(0, i).join(' ')}`);
      segment++;
    }
  }
  return predictions;
}

describe('buildForest', () => {
  it.each(['full', 'response'] as const)('predicts what separate sequences predict, nll %s', (nll) => {
    fc.assert(
      fc.property(trees, (all) => {
        const forest = buildForest(all, { nll });
        const predictions = [...forest.rows].map(
          (row, i) => `${forest.segments[i]}: ${forest.targets[i]} after ${contextOf(forest, row).join(' ')}`,
        );
        expect(predictions).toEqual(naive(all, nll));
      }),
    );
  });

  it('gives each token its position in its own sequence', () => {
    fc.assert(
      fc.property(trees, (all) => {
        const forest = buildForest(all, { nll: 'full' });
        forest.positions.forEach((position, row) => {
          expect(contextOf(forest, row)).toHaveLength(position + 1);
        });
      }),
    );
  });

  it('covers the token row without gap or overlap', () => {
    fc.assert(
      fc.property(trees, (all) => {
        const forest = buildForest(all, { nll: 'response' });
        let at = 0;
        for (const { trunkBegin, trunkLength, branches } of forest.trees) {
          expect(trunkBegin).toBe(at);
          at += trunkLength;
          for (const { begin, length } of branches) {
            expect(begin).toBe(at);
            at += length;
          }
        }
        expect(forest.inputIds).toHaveLength(at);
        expect(at).toBe(all.reduce((sum, one) => sum + treeTokens(one), 0));
      }),
    );
  });

  it.each(['full', 'response'] as const)('counts segments as they are used, nll %s', (nll) => {
    fc.assert(
      fc.property(trees, (all) => {
        const forest = buildForest(all, { nll });
        const counted = new Int32Array(forest.segmentCount);
        for (const segment of forest.segments) counted[segment] = (counted[segment] ?? 0) + 1;
        expect(forest.segmentTokens).toEqual(counted);
        expect([...forest.branchCounts]).toEqual(all.map((one) => one.branches.length));
        const owned = [...forest.trunkSegments, ...forest.branchSegments].sort((a, b) => a - b);
        expect(owned).toEqual(counted.reduce<number[]>((list) => [...list, list.length], []));
        let branch = 0;
        all.forEach((one, t) => {
          for (const { ids: own } of one.branches)
            expect(forest.segmentTokens[forest.branchSegments[branch++] ?? -1]).toBe(own.length);
          expect(forest.segmentTokens[forest.trunkSegments[t] ?? -1]).toBe(nll === 'full' ? one.trunk.length - 1 : 0);
        });
      }),
    );
  });

  it('lays out a pair by hand', () => {
    const pair: Tree = {
      trunk: Int32Array.of(1, 2, 3),
      branches: [{ ids: Int32Array.of(4, 5) }, { ids: Int32Array.of(6) }],
      origin: { file: 'made.jsonl', row: 1 },
    };
    expect(buildForest([pair], { nll: 'full' })).toEqual({
      inputIds: Int32Array.of(1, 2, 3, 4),
      positions: Int32Array.of(0, 1, 2, 3),
      trees: [
        {
          trunkBegin: 0,
          trunkLength: 3,
          branches: [
            { begin: 3, length: 1 },
            { begin: 4, length: 0 },
          ],
        },
      ],
      rows: Int32Array.of(0, 1, 2, 3, 2),
      targets: Int32Array.of(2, 3, 4, 5, 6),
      segments: Int32Array.of(0, 0, 1, 1, 2),
      segmentCount: 3,
      segmentTokens: Int32Array.of(2, 2, 1),
      trunkSegments: Int32Array.of(0),
      branchSegments: Int32Array.of(1, 2),
      branchCounts: Int32Array.of(2),
      branchEnds: Int32Array.of(3, 2),
    });
  });

  it('lays branches with their last token where whole responses are judged', () => {
    const tree: Tree = {
      trunk: Int32Array.of(1, 2),
      branches: [{ ids: Int32Array.of(4, 5) }, { ids: Int32Array.of(6) }],
      origin: { file: 'made.jsonl', row: 1 },
    };
    const forest = buildForest([tree], { nll: 'response', whole: true });
    expect(forest.inputIds).toEqual(Int32Array.of(1, 2, 4, 5, 6));
    expect(forest.branchEnds).toEqual(Int32Array.of(3, 4));
    expect(forest.trees[0]?.branches).toEqual([
      { begin: 2, length: 2 },
      { begin: 4, length: 1 },
    ]);
  });

  it.each([
    ['an empty trunk', [], [[1]]],
    ['no branch', [1], []],
    ['an empty branch', [1], [[2], []]],
  ])('refuses %s', (_, trunk, branches) => {
    const bad: Tree = {
      trunk: Int32Array.from(trunk),
      branches: branches.map((own) => ({ ids: Int32Array.from(own) })),
      origin: { file: 'made.jsonl', row: 12 },
    };
    expect(() => buildForest([bad], { nll: 'full' })).toThrow(/made\.jsonl row 12/);
  });
});
