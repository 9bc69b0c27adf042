import { describe, expect, it } from 'vitest';
import { type SamplingOptions, sample, uniform } from './sampler.js';
import { applyTemperature, keepTopK, keepTopP, penaliseRepetition } from './score-rules.js';

const kept = (scores: Float32Array) => [...scores.keys()].filter((id) => (scores[id] ?? 0) > Number.NEGATIVE_INFINITY);
const scoresOf = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);
const left = (scores: Float32Array, change: (scores: Float32Array) => void) => {
  change(scores);
  return kept(scores);
};
const options = (changes: Partial<SamplingOptions>): SamplingOptions => ({
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  seed: 0,
  ...changes,
});

describe('keepTopK', () => {
  it.each([
    [1, [3]],
    [2, [1, 3]],
    [3, [0, 1, 3, 4]],
    [4, [0, 1, 3, 4]],
    [5, [0, 1, 2, 3, 4]],
    [9, [0, 1, 2, 3, 4]],
  ])('keeps %i and ties', (k, ids) => {
    expect(left(Float32Array.of(1, 2, -4, 5, 1), (scores) => keepTopK(scores, k))).toEqual(ids);
  });

  it('agrees with sorting', () => {
    const scores = Float32Array.from({ length: 1000 }, (_, i) => Math.round(uniform(1, i, 0) * 400));
    for (const k of [1, 7, 250, 999]) {
      const threshold = [...scores].sort((a, b) => b - a)[k - 1] ?? 0;
      const expected = [...scores.keys()].filter((id) => (scores[id] ?? 0) >= threshold);
      expect(left(scores.slice(), (copy) => keepTopK(copy, k))).toEqual(expected);
    }
  });
});

describe('keepTopP', () => {
  it.each([
    [0.01, [1]],
    [0.39, [1]],
    [0.41, [1, 3]],
    [0.69, [1, 3]],
    [0.71, [1, 3, 4]],
    [0.89, [1, 3, 4]],
    [0.91, [0, 1, 3, 4]],
    [0.999, [0, 1, 2, 3, 4]],
  ])('keeps the fewest that reach %f', (p, ids) => {
    expect(left(scoresOf(0.08, 0.4, 0.02, 0.3, 0.2), (scores) => keepTopP(scores, p))).toEqual(ids);
  });

  it('does not bring back what was ruled out', () => {
    const scores = scoresOf(0.5, 0.3, 0.2);
    keepTopK(scores, 2);
    expect(left(scores, (all) => keepTopP(all, 0.99))).toEqual([0, 1]);
  });
});

describe('other rules', () => {
  it('penalises tokens that occurred, whichever sign they have', () => {
    const scores = Float32Array.of(2, -2, 4, -4);
    penaliseRepetition(scores, new Set([0, 1]), 2);
    expect([...scores]).toEqual([1, -4, 4, -4]);
  });

  it('scales differences by the temperature without overflow', () => {
    const scores = Float32Array.of(1, 3, 2);
    applyTemperature(scores, 0.5);
    expect([...scores]).toEqual([-4, 0, -2]);
    expect(sample(Float32Array.of(1, 3, 2), options({ temperature: 1e-300 }), place(0))).toBe(1);
  });

  it('takes the likeliest after the penalty at temperature 0', () => {
    const greedy = options({ temperature: 0, repetitionPenalty: 1.5 });
    expect(sample(Float32Array.of(1, 3, 2.5), greedy, { ...place(0), seen: new Set([1]) })).toBe(2);
  });

  it('refuses scores that are no numbers', () => {
    expect(() => sample(Float32Array.of(1, Number.NaN), options({}), place(0))).toThrow(/not finite/);
  });
});

const place = (position: number, row = 3) => ({ row, position, seen: new Set<number>() });

describe('sample', () => {
  const probabilities = [0.5, 0.25, 0.15, 0.07, 0.03];

  function chiSquare(expected: readonly number[], changes: Partial<SamplingOptions>): number {
    const draws = 20_000;
    const counts = expected.map(() => 0);
    for (let i = 0; i < draws; i++) {
      const id = sample(scoresOf(...probabilities), options({ seed: 11, ...changes }), place(i));
      counts[id] = (counts[id] ?? 0) + 1;
    }
    let sum = 0;
    for (const [id, share] of expected.entries()) {
      if (share === 0) expect(counts[id]).toBe(0);
      else sum += ((counts[id] ?? 0) - share * draws) ** 2 / (share * draws);
    }
    return sum;
  }

  // 23.5: passed by chance once in 10,000 with 4 degrees of freedom, less often with fewer
  it('draws with the probabilities of the scores', () => {
    expect(chiSquare(probabilities, {})).toBeLessThan(23.5);
  });

  it('draws with sharper ones at a low temperature', () => {
    const squares = probabilities.map((p) => p * p);
    const total = squares.reduce((a, b) => a + b);
    expect(
      chiSquare(
        squares.map((p) => p / total),
        { temperature: 0.5 },
      ),
    ).toBeLessThan(23.5);
  });

  it('draws among the tokens that are left', () => {
    expect(chiSquare([5 / 9, 2.5 / 9, 1.5 / 9, 0, 0], { topK: 3 })).toBeLessThan(23.5);
    expect(chiSquare([2 / 3, 1 / 3, 0, 0, 0], { topP: 0.74 })).toBeLessThan(23.5);
  });

  it('depends on seed, row and position alone', () => {
    const numbers = [
      uniform(1, 2, 3),
      uniform(2, 2, 3),
      uniform(1, 3, 3),
      uniform(1, 2, 4),
      uniform(1 + 2 ** 32, 2, 3),
    ];
    expect(uniform(1, 2, 3)).toBe(numbers[0]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  });
});
