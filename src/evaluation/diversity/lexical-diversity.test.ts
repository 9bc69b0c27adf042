import { describe, expect, it } from 'vitest';
import type { Embed } from '../../models/encoder/embeddings.js';
import { repeatedShare } from './answer-shape.js';
import { lexicalDiversity } from './lexical-diversity.js';

const inputs = [
  [
    { text: 'The tide turns.', cut: false },
    { text: 'The tide turns again.', cut: true },
  ],
  [{ text: '', cut: false }],
  [],
  [{ text: 'a b c d a b c d' }, { text: 'Boats come home.' }, { text: '  ' }],
];

/** Each text at an angle of its own, in degrees; the empty one nowhere. */
const ANGLES = new Map([
  ['The tide turns.', 0],
  ['The tide turns again.', 60],
  ['a b c d a b c d', 90],
  ['Boats come home.', 90],
  ['  ', 0],
]);
const embed: Embed = (texts) => ({
  vectors: texts.map((text) => {
    const angle = ANGLES.get(text);
    return angle === undefined
      ? undefined
      : [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)].reduce(
          (vector, value, at) => vector.fill(value, at, at + 1),
          new Float32Array(2),
        );
  }),
  cut: 1,
});

describe('lexicalDiversity', () => {
  const report = lexicalDiversity(inputs, { embed, vocabulary: 10 });

  it('says what it rests on', () => {
    expect(report.inputs).toBe(3);
    expect(report.inputsWithoutAnswers).toBe(1);
    expect(report.cutForEmbedding).toBe(1);
    expect(report.shape.answers).toBe(6);
  });

  it('averages similarity within inputs, over inputs with two answers (PID)', () => {
    // cos 60° = 1/2; and (cos 0 + cos 90 + cos 90) / 3 = 1/3
    const { value, deviation, n } = report.perInput.similarity ?? { n: 0 };
    expect(n).toBe(2);
    expect(value).toBeCloseTo((1 / 2 + 1 / 3) / 2, 6);
    expect(deviation).toBeCloseTo((1 / 2 - 1 / 3) / Math.SQRT2, 6);
  });

  it('takes similarity across inputs of the first answers (AID)', () => {
    // 0° and 90°; the empty answer has no vector
    expect(report.acrossInputs.similarity?.n).toBe(2);
    expect(report.acrossInputs.similarity?.value).toBeCloseTo(0, 6);
  });

  it('measures words within and across inputs', () => {
    // n = 1: 4/7, 2: 3/5, 3: 2/3, 4: 1/1; the empty answer has none; third input 7/11, 6/9, 5/7, 4/5, 4/4
    const first = (4 / 7 + 3 / 5 + 2 / 3 + 1) / 4;
    const third = (7 / 11 + 6 / 9 + 5 / 7 + 4 / 5 + 1) / 5;
    expect(report.perInput.distinct.n).toBe(2);
    expect(report.perInput.distinct.value).toBeCloseTo((first + third) / 2, 12);
    expect(report.perInput.selfBleu.n).toBe(2);
    // the tide turns, the empty answer, a b c d a b c d: 7/11, 6/9, 5/7, 4/5, 4/4
    expect(report.acrossInputs.distinct).toEqual({ value: expect.closeTo(third, 12), n: 3 });
    const adjusted = [7, 6, 5, 4, 4].map((distinct, at) => distinct / (10 * (1 - 0.9 ** ([11, 9, 7, 5, 4][at] ?? 0))));
    const mean = adjusted.reduce((sum, value) => sum + value, 0) / 5;
    expect(report.acrossInputs.expectedDistinct.value).toBeCloseTo(mean, 12);
    expect(report.acrossInputs.selfBleu.value).toBe(0);
  });

  it('gives lengths, repetition, empty and cut answers beside', () => {
    const { words, characters, repetition, empty, cut } = report.shape;
    expect(words).toMatchObject({ value: 3, n: 6, least: 0, median: 3, most: 8 });
    expect(characters).toMatchObject({ n: 6, least: 0, median: 15, most: 21 });
    // 4-grams: "the tide turns again" repeats none, a b c d a b c d has abcd bcda cdab dabc abcd
    expect(repetition).toMatchObject({ value: expect.closeTo(0.1, 12), n: 2 });
    expect(empty).toEqual({ value: 2 / 6, n: 6 });
    expect(cut).toEqual({ value: 1 / 3, n: 3 });
    expect(report.mtld.n).toBe(1);
  });

  it('has no similarity without vectors', () => {
    const bare = lexicalDiversity(inputs);
    expect('similarity' in bare.perInput || 'similarity' in bare.acrossInputs || 'cutForEmbedding' in bare).toBe(false);
    expect(bare.perInput.distinct).toEqual(report.perInput.distinct);
  });

  it('has no figure within inputs of one answer each, and says so', () => {
    const { perInput, acrossInputs } = lexicalDiversity([[{ text: 'yes' }], [{ text: 'yes' }]]);
    expect(perInput.selfBleu).toEqual({ value: undefined, deviation: undefined, n: 0 });
    expect(acrossInputs.selfBleu.n).toBe(2);
    expect(acrossInputs.selfBleu.value).toBeCloseTo(0.1 ** 0.75, 12);
  });

  it.each([
    [[], /no inputs/],
    [[[], []], /None of 2 inputs has an answer/],
  ])('refuses to measure nothing: %j', (nothing, message) => {
    expect(() => lexicalDiversity(nothing)).toThrow(message);
  });
});

describe('repeatedShare', () => {
  it('is the share of 4-grams that stood before', () => {
    expect(repeatedShare('a a a a a a'.split(' '))).toBeCloseTo(2 / 3, 14);
    expect(repeatedShare(['a', 'b', 'c'])).toBeUndefined();
  });
});
