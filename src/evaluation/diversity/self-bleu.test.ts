import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { selfBleu, selfBleuScores } from './self-bleu.js';

const golden = z
  .object({
    answers: z.array(z.string()),
    cases: z.array(z.object({ order: z.number(), scores: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../test/fixtures/golden/self_bleu.json'), 'utf8')));

/** BLEU of one text against references, n-gram by n-gram and reference by reference. */
function bleu(text: readonly string[], references: readonly (readonly string[])[], order: number): number {
  const grams = (of: readonly string[], n: number) =>
    of.flatMap((_, at) => (at + n <= of.length ? [of.slice(at, at + n).join('|')] : []));
  const times = (list: readonly string[], gram: string) => list.filter((other) => other === gram).length;
  let product = 1;
  for (let n = 1; n <= order; n++) {
    const own = grams(text, n);
    let matches = 0;
    for (const gram of new Set(own))
      matches += Math.min(times(own, gram), Math.max(...references.map((other) => times(grams(other, n), gram))));
    if (n === 1 && matches === 0) return 0;
    product *= (matches || 0.1) / (own.length || 1);
  }
  const [nearest = 0] = references
    .map(({ length }) => length)
    .sort((a, b) => Math.abs(a - text.length) - Math.abs(b - text.length) || a - b);
  return product ** (1 / order) * (text.length > nearest ? 1 : Math.exp(1 - nearest / text.length));
}

describe('selfBleu', () => {
  it.each(golden.cases)("equals nltk's sentence_bleu with method1, n-grams to $order", ({ order, scores }) => {
    const texts = golden.answers.map((answer) => answer.split(' '));
    const got = selfBleuScores(texts, order);
    expect(got.length).toBe(scores.length);
    scores.forEach((score, at) => {
      expect(got[at]).toBeCloseTo(score, 12);
    });
    expect(selfBleu(texts, order)).toBeCloseTo(scores.reduce((sum, score) => sum + score, 0) / scores.length, 12);
  });

  it('equals BLEU of each text against all others, computed pair by pair', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 2, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (texts, order) => {
        const direct = texts.map((text, at) => bleu(text, texts.toSpliced(at, 1), order));
        selfBleuScores(texts, order).forEach((score, at) => {
          expect(score).toBeCloseTo(direct[at] ?? Number.NaN, 12);
        });
      }),
    );
  });

  it('is 1 for texts that are all the same, 0 for texts that share no word, and undefined for one text', () => {
    const same = ['the', 'tide', 'turns', 'again'];
    expect(selfBleu([same, same, same])).toBeCloseTo(1, 14);
    expect(selfBleu([['a'], ['b'], []])).toBe(0);
    expect(selfBleu([same])).toBeUndefined();
  });
});
