import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochBatches, microBatches } from './order.js';
import { type Tree, treeTokens } from './tree.js';

const options = fc.record({
  batch: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
  epoch: fc.nat({ max: 5 }),
  bucket: fc.boolean(),
});
const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 400 });

function tree(tokens: number): Tree {
  return {
    trunk: new Int32Array(tokens),
    branches: [{ ids: new Int32Array(1) }],
    origin: { file: 'made.jsonl', row: tokens },
  };
}

describe('epochBatches', () => {
  it('holds every index once, in batches of the size asked for and at most one smaller', () => {
    fc.assert(
      fc.property(lengths, options, (sizes, choice) => {
        const batches = epochBatches(sizes, choice);
        const seen = batches.flatMap((batch) => [...batch]).sort((a, b) => a - b);
        expect(seen).toEqual(sizes.map((_, i) => i));
        const smaller = batches.filter((batch) => batch.length !== choice.batch);
        expect(smaller.map((batch) => batch.length)).toEqual(
          sizes.length % choice.batch === 0 ? [] : [sizes.length % choice.batch],
        );
      }),
    );
  });

  it('is a function of seed and epoch', () => {
    const sizes = Array.from({ length: 100 }, (_, i) => (i * 37) % 50);
    const order = (seed: number, epoch: number) => epochBatches(sizes, { batch: 4, seed, epoch }).map(String);
    expect(order(3, 1)).toEqual(order(3, 1));
    expect(order(3, 2)).not.toEqual(order(3, 1));
    expect(order(4, 1)).not.toEqual(order(3, 1));
  });

  it('puts like lengths together, yet does not run through the lengths in order', () => {
    const sizes = Array.from({ length: 512 }, (_, i) => (i * 193) % 512);
    const spread = (bucket: boolean) => {
      const batches = epochBatches(sizes, { batch: 8, seed: 1, epoch: 0, bucket });
      const spans = batches.map((batch) => {
        const own = [...batch].map((i) => sizes[i] ?? 0);
        return Math.max(...own) - Math.min(...own);
      });
      return spans.reduce((a, b) => a + b, 0) / spans.length;
    };
    expect(spread(true)).toBeLessThan(spread(false) / 10);
    const firsts = epochBatches(sizes, { batch: 8, seed: 1, epoch: 0 }).map((batch) => sizes[batch[0] ?? 0] ?? 0);
    const rises = firsts.filter((size, i) => i > 0 && size > (firsts[i - 1] ?? 0)).length;
    expect(rises).toBeGreaterThan(16);
    expect(rises).toBeLessThan(48);
  });

  it('has no batch for no tree', () => {
    expect(epochBatches([], { batch: 4, seed: 0, epoch: 0 })).toEqual([]);
  });
});

describe('microBatches', () => {
  it('keeps order, stays in the budget and is never finer than needed', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 60 }), (sizes, budget) => {
        const trees = sizes.map(tree);
        const forests = microBatches(trees, budget);
        expect(forests.flat()).toEqual(trees);
        const sums = forests.map((forest) => forest.reduce((sum, one) => sum + treeTokens(one), 0));
        forests.forEach((forest, i) => {
          expect(sums[i] ?? 0).toBeLessThanOrEqual(forest.length === 1 ? Number.POSITIVE_INFINITY : budget);
          const next = forests[i + 1]?.[0];
          if (next) expect((sums[i] ?? 0) + treeTokens(next)).toBeGreaterThan(budget);
        });
      }),
    );
  });
});
