import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { plainText } from '../records.js';
import { bandsFor, minHash, missedBy, SIGNATURE, similarity } from './min-hash.js';
import { NearIndex } from './near-index.js';
import { gramWords, jaccard, sketchOf, wordGrams } from './word-grams.js';

const examples = readFileSync(new URL('../../../examples/support/train.jsonl', import.meta.url), 'utf8');
const texts = examples
  .trim()
  .split('\n')
  .flatMap((line): string[] => {
    const { prompt, chosen, rejected } = JSON.parse(line);
    return [prompt, chosen, rejected].map(plainText);
  });

/** The definition, with the grams themselves: |A ∩ B| / |A ∪ B|. */
function similarityOf(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => {
    const words = gramWords(text);
    if (words.length > 0 && words.length < 3) return new Set([words.join(' ')]);
    return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' ')));
  });
  if (left === undefined || right === undefined) throw new Error('two texts');
  const shared = [...left].filter((gram) => right.has(gram)).length;
  const union = left.size + right.size - shared;
  return union === 0 ? 1 : shared / union;
}

/** A text with each word replaced with some chance. */
function changed(text: string, chance: number, seed: number): string {
  const random = createRandom(seed, 99);
  return text
    .split(' ')
    .map((word) => (random.below(1000) < 1000 * chance ? `w${random.below(1e6)}` : word))
    .join(' ');
}

const pairs = texts.map((text, i): [string, string] => [text, changed(text, (i % 20) / 40, i)]);

describe('word grams', () => {
  it('keep words and signs, and forget case, width and white space', () => {
    expect(gramWords('  What is\n2+２ ?')).toEqual(['what', 'is', '2', '+', '2', '?']);
    expect(gramWords('東京abc ไทย')).toEqual(['東', '京', 'abc', ...'ไทย']);
    expect(gramWords('')).toEqual([]);
  });

  it('give the Jaccard similarity of real text to the digit', () => {
    for (const [a, b] of pairs) {
      expect(jaccard(wordGrams(a).hashes, wordGrams(b).hashes)).toBe(similarityOf(a, b));
    }
  });

  it('are cut to a sample that estimates the same', () => {
    const long = texts.join(' ');
    const other = changed(long, 0.1, 1);
    const [a, b] = [long, other].map((text) => wordGrams(text).hashes);
    if (a === undefined || b === undefined) throw new Error('two texts');
    const exact = similarityOf(long, other);
    expect(a.length).toBeGreaterThan(5000);
    // three standard errors of 1024 draws
    expect(Math.abs(jaccard(sketchOf(a), sketchOf(b)) - exact)).toBeLessThan(
      3 * Math.sqrt((exact * (1 - exact)) / 1024),
    );
  });

  it('hold an order that no text changes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [left, right] = [wordGrams(a).hashes, wordGrams(b).hashes];
        expect(jaccard(left, right)).toBe(jaccard(right, left));
        expect(jaccard(left, left)).toBe(1);
        expect([...left]).toEqual([...left].sort((x, y) => x - y));
      }),
    );
  });
});

describe('MinHash', () => {
  it('estimates the similarity of real text without bias, as close as its length allows', () => {
    const errors = pairs.map(([a, b]) => {
      const exact = similarityOf(a, b);
      const estimate = similarity(minHash([wordGrams(a).hashes]), minHash([wordGrams(b).hashes]));
      return { error: estimate - exact, variance: (exact * (1 - exact)) / SIGNATURE };
    });
    const variance = errors.reduce((sum, one) => sum + one.variance, 0);
    const bias = errors.reduce((sum, { error }) => sum + error, 0);
    expect(Math.abs(bias)).toBeLessThan(4 * Math.sqrt(variance));
    const squares = errors.reduce((sum, { error }) => sum + error ** 2, 0);
    expect(squares / variance).toBeGreaterThan(0.8);
    expect(squares / variance).toBeLessThan(1.2);
    for (const { error, variance: own } of errors) expect(Math.abs(error)).toBeLessThan(5 * Math.sqrt(own) + 1e-12);
  });

  it('tells the places of equal texts apart', () => {
    const [a, b] = [wordGrams('one two three four').hashes, wordGrams('five six seven eight').hashes];
    expect(similarity(minHash([a, b]), minHash([a, b]))).toBe(1);
    expect(similarity(minHash([a, b]), minHash([b, a]))).toBeLessThan(0.1);
  });

  it('is cut into bands that miss less than one in a thousand at the threshold', () => {
    for (const threshold of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1]) {
      const bands = bandsFor(threshold);
      expect(bands.bands * bands.rows).toBeLessThanOrEqual(SIGNATURE);
      expect(missedBy(bands, threshold)).toBeLessThanOrEqual(1e-3);
    }
    expect(bandsFor(0.8)).toEqual({ bands: 25, rows: 5 });
  });
});

/** Every pair that is near, by comparing each with each. */
function nearPairs(all: readonly string[], threshold: number): string[] {
  const hashes = all.map((text) => wordGrams(text).hashes);
  return hashes.flatMap((b, j) =>
    hashes.slice(0, j).flatMap((a, i) => (jaccard(a, b) >= threshold ? [`${i} ${j}`] : [])),
  );
}

function indexedPairs(all: readonly string[], threshold: number): string[] {
  const index = new NearIndex(threshold);
  return all.flatMap((text, j) => {
    const prepared = index.prepare([text]);
    const near = index.near(prepared).map((i) => `${i} ${j}`);
    index.add(prepared);
    return near;
  });
}

describe('NearIndex', () => {
  it.each([0.5, 0.7, 0.8, 0.9, 1])('finds what comparing each with each finds, on real text, from %d', (threshold) => {
    const all = texts.slice(0, 240).flatMap((text, i) => [text, changed(text, (i % 10) / 40, i)]);
    const expected = nearPairs(all, threshold);
    expect(expected.length).toBeGreaterThan(20);
    const found = new Set(indexedPairs(all, threshold));
    const missed = expected.filter((pair) => !found.has(pair));
    // one in a thousand may be missed, and none found that is not near
    expect(missed.length).toBeLessThanOrEqual(Math.ceil(expected.length / 500));
    expect(found.size).toBe(expected.length - missed.length);
  });

  it('finds at the threshold itself nearly all', () => {
    const words = Array.from({ length: 1000 }, (_, i) => `w${i}`);
    let found = 0;
    const tries = 400;
    for (let attempt = 0; attempt < tries; attempt++) {
      // 20 grams each, of which the last 2 differ
      const own = words.map((word) => `${word}${attempt}`).slice(0, 22);
      const other = [...own.slice(0, 20), 'x', `y${attempt}`];
      expect(similarityOf(own.join(' '), other.join(' '))).toBeCloseTo(18 / 22, 12);
      if (indexedPairs([own.join(' '), other.join(' ')], 18 / 22).length === 1) found++;
    }
    expect(found).toBeGreaterThanOrEqual(tries - 2);
  });

  it('wants every text near to the one in its place', () => {
    const index = new NearIndex(0.8);
    const prompt = 'What would you like to eat tomorrow evening at my house with the others?';
    index.add(index.prepare([prompt, 'Some soup.', 'A stone.']));
    expect(index.near(index.prepare([prompt, 'Some soup.', 'A stone.']))).toEqual([0]);
    expect(index.near(index.prepare([prompt, 'A stone.', 'Some soup.']))).toEqual([]);
    expect(index.near(index.prepare([prompt, 'Some soup.']))).toEqual([]);
    expect(index.near(index.prepare([prompt, 'Some soup.', 'A brick.']))).toEqual([]);
  });

  it('grows past its first buffers and forgets nothing', () => {
    const index = new NearIndex(0.8);
    const say = (i: number): string => `text number ${i} says ${i * 7919} and nothing else`;
    for (let i = 0; i < 3000; i++) index.add(index.prepare([say(i)]));
    for (const i of [0, 1, 1499, 2999]) expect(index.near(index.prepare([say(i)]))).toEqual([i]);
  });
});

const real = resolve(process.env.ORPO_DATA_DIR ?? '../shared/data', 'hh-rlhf-harmless.jsonl');
describe.skipIf(!existsSync(real))('on real dialogues', () => {
  it('finds what comparing each with each finds', () => {
    const lines = readFileSync(real, 'utf8').trim().split('\n').slice(0, 900);
    const dialogues = lines.map((line): string => JSON.parse(line).chosen);
    const expected = nearPairs(dialogues, 0.5);
    expect(expected.length).toBeGreaterThan(0);
    expect(indexedPairs(dialogues, 0.5)).toEqual(expected);
  });
});
