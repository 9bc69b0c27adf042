import { describe, expect, it } from 'vitest';
import { createRandom } from '../../data/random.js';
import { mtld } from './mtld.js';

const words = (text: string) => text.split(' ');

describe('mtld', () => {
  it("counts factors as McCarthy and Jarvis's example does", () => {
    // "of the people by the people" falls to 4/6 = .667 at its last word: one factor of six words, either way
    expect(mtld(words('of the people by the people'))).toBe(6);
  });

  it('counts the last stretch in part', () => {
    // forwards: a b c a is 3/4, left over: (1 - 3/4) / (1 - .72); backwards the same
    expect(mtld(words('a b c a'))).toBeCloseTo(4 / (0.25 / 0.28), 12);
    // forwards: "a a" ends at 1/2, "b c d" is left with 1, so 1 factor; backwards: d c b a a is left at 4/5
    expect(mtld(words('a a b c d'))).toBeCloseTo((5 / 1 + 5 / (0.2 / 0.28)) / 2, 12);
  });

  it('equals a computation by prefixes', () => {
    const random = createRandom(7, 1);
    const text = Array.from({ length: 400 }, () => `w${random.below(23)}`);
    const factors = (tokens: readonly string[]): number => {
      for (let length = 1; length <= tokens.length; length++) {
        const ratio = new Set(tokens.slice(0, length)).size / length;
        if (ratio < 0.72) return 1 + factors(tokens.slice(length));
        if (length === tokens.length) return (1 - ratio) / 0.28;
      }
      return 0;
    };
    const expected = (400 / factors(text) + 400 / factors(text.toReversed())) / 2;
    expect(mtld(text)).toBeCloseTo(expected, 10);
  });

  it('has no value where no word occurs twice', () => {
    expect(mtld(words('all of these words differ'))).toBeUndefined();
    expect(mtld([])).toBeUndefined();
  });

  it('is 2 for one word over and over', () => {
    expect(mtld(new Array<string>(100).fill('a'))).toBe(2);
  });
});
