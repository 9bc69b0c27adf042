import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeTable } from './merge-table.js';

const token = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '𝒳'), minLength: 1, maxLength: 4 });

describe('MergeTable', () => {
  it('ranks pairs as a map of them does, the last of equal ones, and knows what they make', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, token), { maxLength: 400 }),
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

  it('takes no merges at all', () => {
    expect(new MergeTable([]).rankOf(0, 0)).toBe(-1);
  });
});
