import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitGroups } from './split.js';

describe('splitGroups', () => {
  it('meets the share when every item is its own group', () => {
    const aside = splitGroups(
      Array.from({ length: 1000 }, (_, i) => i),
      0.05,
      1,
    );
    expect(aside.filter(Boolean)).toHaveLength(50);
  });

  it('keeps groups whole, leaves no side empty and depends on the seed alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.nat(),
        (raw, share, seed) => {
          const names = [...new Set(raw)];
          const groups = raw.map((name) => names.indexOf(name));
          const aside = splitGroups(groups, share, seed);
          const sides = names.map((_, group) => new Set(aside.filter((_, i) => groups[i] === group)));
          for (const side of sides) expect(side.size).toBe(1);
          expect(aside.includes(false)).toBe(true);
          expect(aside.includes(true)).toBe(names.length > 1);
          expect(splitGroups(groups, share, seed)).toEqual(aside);
        },
      ),
    );
  });

  it('chooses other items under another seed', () => {
    const groups = Array.from({ length: 200 }, (_, i) => i);
    expect(splitGroups(groups, 0.1, 1)).not.toEqual(splitGroups(groups, 0.1, 2));
  });
});
