import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../data/random.js';
import { distinctN, overLengths } from './distinct-n.js';
import { expectedAdjustedDistinct } from './expected-distinct.js';
import { wordsOf } from './words.js';

const split = (...texts: string[]) => texts.map((text) => text.split(' '));
const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'aa'), { maxLength: 9 });

describe('wordsOf', () => {
  it('finds words in lower case, without what stands between them', () => {
    expect(wordsOf("Isn’t it -- a well-known 'trick'?  42 times…")).toEqual([
      ...["isn't", 'it', 'a', 'well-known', 'trick', '42', 'times'],
    ]);
    expect(wordsOf('É\u0301t e\u0301 \u00e9')).toEqual(['é\u0301t', 'é', 'é']);
    expect(wordsOf('你好 world世界')).toEqual(['你', '好', 'world', '世', '界']);
    expect(wordsOf(' ?! \n')).toEqual([]);
  });
});

describe('distinctN', () => {
  it('equals numbers worked out by hand', () => {
    const texts = split('a b a b', 'b a c');
    expect(distinctN(texts, 1)).toBe(3 / 7);
    // ab ba ab | ba ac
    expect(distinctN(texts, 2)).toBe(3 / 5);
    // aba bab | bac
    expect(distinctN(texts, 3)).toBe(1);
    expect(distinctN(texts, 5)).toBeUndefined();
    expect(overLengths((n) => distinctN(texts, n))).toBeCloseTo((3 / 7 + 3 / 5 + 1 + 1) / 4, 14);
    expect(overLengths((n) => distinctN([], n))).toBeUndefined();
  });

  it('equals a count by another way, no n-gram reaching into the next text', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), fc.integer({ min: 1, max: 3 }), (texts, n) => {
        const grams: string[][] = [];
        for (const text of texts) for (let at = 0; at + n <= text.length; at++) grams.push(text.slice(at, at + n));
        const different = grams.filter((gram, at) => grams.findIndex((other) => other.join() === gram.join()) === at);
        expect(distinctN(texts, n)).toBe(grams.length === 0 ? undefined : different.length / grams.length);
      }),
    );
  });
});

describe('expectedAdjustedDistinct', () => {
  it('equals numbers worked out by hand', () => {
    // 3 different of 7 drawn from 4: 4 (1 - (3/4)^7) are expected
    expect(expectedAdjustedDistinct(split('a b a b', 'b a c'), 1, 4)).toBeCloseTo(3 / (4 * (1 - 0.75 ** 7)), 13);
    expect(expectedAdjustedDistinct([], 1)).toBeUndefined();
  });

  it('equals the formula as it is written, by the recurrence of its expectation', () => {
    const size = 50_257;
    let expected = 0;
    for (let drawn = 1; drawn <= 300; drawn++) {
      expected += (size - expected) / size;
      const text = Array.from({ length: drawn }, (_, at) => `w${at % 40}`);
      expect(expectedAdjustedDistinct([text], 1)).toBeCloseTo(Math.min(drawn, 40) / expected, 9);
    }
  });

  it('does not fall with the length of texts drawn evenly, as distinct-n does', () => {
    const random = createRandom(1, 1);
    const drawn = (length: number) => [Array.from({ length }, () => `w${random.below(100)}`)];
    const mean = (length: number) =>
      Array.from({ length: 200 }, () => expectedAdjustedDistinct(drawn(length), 1, 100) ?? Number.NaN).reduce(
        (sum, value) => sum + value / 200,
        0,
      );
    for (const length of [20, 100, 1000]) expect(Math.abs(mean(length) - 1)).toBeLessThan(0.02);
    expect(distinctN(drawn(20), 1)).toBeGreaterThan(0.7);
    expect(distinctN(drawn(1000), 1)).toBeLessThan(0.11);
  });

  it.each([0, 1, 2.5, Number.NaN])('refuses a vocabulary of %d', (size) => {
    expect(() => expectedAdjustedDistinct(split('a'), 1, size)).toThrow(/makes no EAD/);
  });
});
