import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeTable } from './merge-table.js';

const token = fc.string({ unit: fc.constantFrom('a', 'b', '𝒳'), minLength: 1, maxLength: 3 });

describe('MergeTable', () => {
  it('ranks pairs as a map of them does, the last of equal ones, and knows what they make', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, token), { maxLength: 400, size: 'max' }),
        fc.array(fc.tuple(token, token)),
        (merges, others) => {
          const table = new MergeTable(merges);
          const ranks = new Map(merges.map((pair, rank) => [pair.join(' '), rank]));
          for (const [left, right] of [...merges, ...others]) {
            const rank = table.rankOf(table.numberOf(left), table.numberOf(right));
            expect(rank).toBe(ranks.get(`${left} ${right}`) ?? -1);
            if (rank >= 0) expect(table.madeBy(rank)).toBe(table.numberOf(left + right));
          }
        },
      ),
    );
  });

  it('keeps apart the tokens that other pairs of letters make', () => {
    const table = new MergeTable([
      ['a', 'bc'],
      ['ab', 'c'],
    ]);
    expect(table.madeBy(0)).toBe(table.madeBy(1));
    expect(table.rankOf(table.numberOf('a'), table.numberOf('c'))).toBe(-1);
    expect(table.numberOf('d')).toBe(-1);
    expect(table.rankOf(-1, table.numberOf('a'))).toBe(-1);
  });

  it('spreads a quarter of a million pairs of few tokens', () => {
    const names = Array.from({ length: 512 }, (_, i) => `t${i}`);
    const begun = performance.now();
    const table = new MergeTable(names.flatMap((left) => names.map((right) => [left, right])));
    expect(table.rankOf(table.numberOf('t3'), table.numberOf('t5'))).toBe(3 * 512 + 5);
    // about 0.2 s; in one heap it would take minutes
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('takes no merges at all', () => {
    expect(new MergeTable([]).rankOf(0, 0)).toBe(-1);
  });
});
