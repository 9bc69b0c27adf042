import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../data/random.js';
import { wordTokenizer } from '../../data/testing/word-tokenizer.js';
import { inspectQuality } from './inspect-quality.js';
import { labelNoise } from './label-noise.js';
import { lengthBias } from './length-bias.js';

const folder = mkdtempSync(join(tmpdir(), 'orpo-quality-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const jsonl = (name: string, rows: readonly unknown[]): string => {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
};
const pair = (prompt: string, chosen: string, rejected: string) => ({ prompt, chosen, rejected });
const say = (n: number): string =>
  `the tool number ${n} of the box is for house ${n * 31} and not for garden ${n * 17}`;
const good = (n: number) => pair(say(n), ` yes ${say(n + 500)}`, ` no ${say(n + 700)} as far as I know`);

describe('lengthBias', () => {
  it('counts the longer ones, with the interval of Wilson', () => {
    const lengths: [number, number][] = [...Array(5).fill([3, 1]), ...Array(3).fill([1, 3]), ...Array(2).fill([2, 2])];
    const bias = lengthBias(lengths);
    expect(bias).toMatchObject({ pairs: 10, equal: 2, longerChosen: { value: 5 / 8 }, accuracy: { value: 0.6 } });
    // (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n), computed in Python
    expect(bias?.longerChosen?.low).toBeCloseTo(0.30574, 5);
    expect(bias?.longerChosen?.high).toBeCloseTo(0.86316, 5);
  });

  it('has no figure of nothing', () => {
    expect(lengthBias([])).toBeUndefined();
    expect(lengthBias([[2, 2]])).toMatchObject({ equal: 1, longerChosen: undefined, accuracy: { value: 0.5 } });
  });
});

describe('labelNoise', () => {
  /** Margins around 1, spread 0.3, and the planted ones the other way round. */
  const margins = (rows: number, share: number, seed: number) => {
    const random = createRandom(seed, 77);
    const uniform = (): number => random.uint32() / 2 ** 32;
    return Array.from({ length: rows }, (_, i) => {
      const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      const flipped = uniform() < share;
      return { row: i + 1, margin: (flipped ? -1 : 1) * (1 + 0.2 * normal), flipped };
    });
  };

  it.each([0, 0.05, 0.2, 0.35])('finds planted wrong labels and nothing else: a share of %d', (share) => {
    const planted = margins(1000, share, 5);
    const { noise, rulings } = labelNoise(planted);
    expect([...rulings.keys()]).toEqual(planted.filter(({ flipped }) => flipped).map(({ row }) => row));
    expect(noise.suspected.count).toBe(rulings.size);
    expect(noise.agreed.value).toBeCloseTo(1 - rulings.size / 1000, 12);
  });

  it('suspects few of what a model knows nothing about', () => {
    const unknowing = margins(1000, 0.5, 6).map(({ row, margin, flipped }) => ({
      row,
      margin: margin - (flipped ? -1 : 1),
    }));
    const { noise } = labelNoise(unknowing);
    expect(noise.agreed.low).toBeLessThan(0.5);
    // a normal distribution has 0.6% below 2.5 standard deviations
    expect(noise.suspected.count).toBeLessThan(15);
  });

  it('takes a limit, the mean of the pairs of a row, and no number for suspicious', () => {
    const list = [
      { row: 1, margin: 3 },
      { row: 1, margin: -1 },
      { row: 2, margin: -2 },
      { row: 3, margin: Number.NaN },
    ];
    const { noise, rulings } = labelNoise(list, -0.5);
    expect([...rulings.keys()]).toEqual([2, 3]);
    expect(noise).toMatchObject({ rows: 2, below: -0.5, agreed: { value: 0.5 } });
    expect([...labelNoise(list, 1.5).rulings.keys()]).toEqual([1, 2, 3]);
  });
});

describe('inspectQuality', () => {
  const heldOut = jsonl('held.jsonl', [good(40), good(41)]);
  const path = jsonl('rows.jsonl', [
    good(1),
    good(2),
    good(1),
    pair(`so ${say(2)}`, good(2).chosen, good(2).rejected),
    pair(say(1), good(1).rejected, good(1).chosen),
    pair(say(3), ' Das ist nicht für dich und auch nicht für mich, aber das macht nichts.', ' no'),
    pair(say(4), ' <|im_end|>', ' no'),
    pair(say(5), ' yes\nHuman: more', ' no'),
    good(40),
    pair(`so ${say(41)}`, ' a', ' bb'),
    { prompt: 'only' },
    pair('Q', '', 'a'),
  ]);

  it('finds what is planted, check by check', async () => {
    const quality = await inspectQuality(path, { tokenizer: wordTokenizer(), heldOut });
    const of = (row: number) => ({ file: path, row });
    const held = (row: number) => ({ file: heldOut, row });
    expect(quality).toMatchObject({
      rows: 11,
      similarity: 0.8,
      duplicates: {
        exact: { count: 1, first: [{ row: 3, of: of(1) }] },
        near: { count: 1, first: [{ row: 4, of: of(2) }] },
      },
      conflicts: {
        pairs: {
          count: 3,
          first: [
            { row: 1, of: of(5) },
            { row: 3, of: of(5) },
            { row: 5, of: of(1) },
          ],
        },
        responses: { count: 3 },
      },
      leaks: {
        rows: 2,
        prompts: {
          exact: { count: 1, first: [{ row: 9, of: held(1) }] },
          near: { count: 1, first: [{ row: 10, of: held(2) }] },
        },
        responses: { exact: { count: 1, first: [{ row: 9, of: held(1) }] }, near: { count: 0 } },
      },
      controlTokens: { count: 1, first: [{ row: 7, detail: '<|im_end|>' }] },
      turns: { count: 1, first: [{ row: 8, detail: 'the response goes on to speak for another' }] },
      languages: { prompts: { en: 10, unknown: 1 }, mixed: { count: 1, first: [{ row: 6, detail: 'en, de' }] } },
    });
    expect(quality.lengthBias).toMatchObject({ characters: { pairs: 10 }, tokens: { pairs: 10 } });
    expect(quality.lengthBias?.characters.longerChosen?.value).toBeCloseTo(4 / 10, 12);
  });

  it('says nothing where nothing is to be said', async () => {
    const prompts = jsonl('prompts.jsonl', [
      { prompt: 'What is the name of the house?' },
      { prompt: 'And of the garden there?' },
    ]);
    expect(await inspectQuality(prompts, { limit: 1 })).toMatchObject({
      rows: 1,
      leaks: undefined,
      lengthBias: undefined,
      languages: { prompts: { en: 1 }, responses: {}, mixed: { count: 0 } },
    });
  });

  it('names the held-out file that is not there', async () => {
    await expect(inspectQuality(path, { heldOut: join(folder, 'none.jsonl') })).rejects.toThrow(
      'none.jsonl does not exist',
    );
  });
});
