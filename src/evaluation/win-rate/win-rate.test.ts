import { describe, expect, it } from 'vitest';
import { createRandom } from '../../data/random.js';
import { bradleyTerry } from './bradley-terry.js';
import { characters, lengthControlled } from './length-controlled.js';
import { compareWinRates, winRate } from './win-rate.js';

const repeat = (score: number, times: number): number[] => new Array<number>(times).fill(score);

describe('winRate', () => {
  it('counts wins, losses, ties and prompts without a judgement', () => {
    const found = winRate([1, 1, 0, 0.5, undefined, 0.8, undefined]);
    expect(found).toMatchObject({ n: 5, missing: 2, wins: 3, losses: 1, ties: 1 });
    expect(found.winRate.value).toBeCloseTo(3.3 / 5, 12);
    expect(found.discreteWinRate.value).toBeCloseTo(3.5 / 5, 12);
  });

  it('concludes nothing from ties, and something from 60 wins of 80', () => {
    const ties = winRate(repeat(0.5, 30));
    expect(ties).toMatchObject({ ties: 30, standardError: 0, p: 1 });
    expect(ties.winRate).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(ties.discreteWinRate.high).toBeGreaterThan(0.65);
    const wins = winRate([...repeat(1, 60), ...repeat(0, 20)]);
    expect(wins.p).toBeLessThan(1e-4);
    expect(wins.winRate.low).toBeGreaterThan(0.5);
  });

  it('covers the truth in about 95 of 100 null comparisons', () => {
    let covered = 0;
    let significant = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(seed, 99);
      const { winRate: rate, p } = winRate(
        Array.from({ length: 100 }, () => random.below(2)),
        { seed },
      );
      if (rate.low <= 0.5 && rate.high >= 0.5) covered++;
      if (p < 0.05) significant++;
    }
    expect(covered).toBeGreaterThanOrEqual(182);
    expect(significant).toBeLessThanOrEqual(14);
  }, 60_000);

  it('refuses no judgements and scores that are none', () => {
    expect(() => winRate([])).toThrow('None of 0 prompts');
    expect(() => winRate([undefined, undefined])).toThrow('None of 2 prompts has a judgement');
    expect(() => winRate([1, 2])).toThrow('Score 2 is 2.');
    expect(() => winRate([Number.NaN])).toThrow('Score 1 is NaN.');
  });
});

describe('compareWinRates', () => {
  it('compares two systems prompt by prompt', () => {
    const found = compareWinRates(
      [...repeat(1, 12), ...repeat(0, 20), undefined],
      [...repeat(0, 10), ...repeat(1, 3), ...repeat(0, 20)],
    );
    expect(found).toMatchObject({ n: 32, missing: 1, first: 12 / 32, second: 3 / 32 });
    // 10 for the first alone, 1 for the second alone: 2 · 12 / 2^11
    expect(found.mcnemar).toBeCloseTo(24 / 2048, 12);
    expect(found.difference.value).toBeCloseTo(9 / 32, 12);
  });

  it('refuses lists that do not belong together', () => {
    expect(() => compareWinRates([1], [1, 0])).toThrow('The first system has 1 scores and the second 2.');
    expect(() => compareWinRates([1, undefined], [undefined, 0])).toThrow('No prompt has a judgement of both');
  });
});

describe('lengthControlled', () => {
  const random = createRandom(3, 98);
  /** The judge likes the longer answer and nothing else. */
  const biased = Array.from({ length: 300 }, () => {
    const [baselineLength, modelLength] = [random.below(400) + 100, random.below(400) + 250];
    const chance = 1 / (1 + Math.exp(-(modelLength - baselineLength) / 60));
    return { score: random.below(1000) < 1000 * chance ? 1 : 0, baselineLength, modelLength };
  });

  it('takes out a judge who looks at the length alone', () => {
    expect(winRate(biased.map(({ score }) => score)).winRate.low).toBeGreaterThan(0.65);
    const {
      winRate: rate,
      n,
      missing,
      form,
      predictionError,
      plain,
      extreme,
    } = lengthControlled([...biased, { score: undefined, baselineLength: 10, modelLength: 20 }]);
    expect({ n, missing, form }).toEqual({ n: 300, missing: 1, form: 'length_controlled_minimal' });
    expect(rate.low).toBeLessThan(0.5);
    expect(rate.high).toBeGreaterThan(0.5);
    expect(predictionError).toBeLessThan(1e-12);
    expect(plain).toBeCloseTo(winRate(biased.map(({ score }) => score)).winRate.value, 12);
    expect(extreme).toBe(true);
    expect(lengthControlled(biased.map((pair, at) => ({ ...pair, score: at % 2 }))).extreme).toBe(false);
  });

  it('has the interval of a plain win rate where lengths do not matter', () => {
    const fair = Array.from({ length: 400 }, () => ({
      score: random.below(10) < 6 ? 1 : 0,
      baselineLength: random.below(500),
      modelLength: random.below(500),
    }));
    const { winRate: rate, plain, strength } = lengthControlled(fair);
    expect(strength).toBeGreaterThan(0.1);
    expect(Math.abs(rate.value - plain)).toBeLessThan(0.01);
    const reach = 1.96 * Math.sqrt((plain * (1 - plain)) / 400);
    expect(Math.abs((rate.high - rate.low) / 2 / reach - 1)).toBeLessThan(0.12);
  });

  it('refuses what cannot be fitted', () => {
    expect(() => lengthControlled(biased.slice(0, 4))).toThrow('4 judged pairs are too few');
    expect(() => lengthControlled(biased.map((pair) => ({ ...pair, modelLength: pair.baselineLength + 5 })))).toThrow(
      'differ in length by the same',
    );
    expect(() => lengthControlled(biased.map((pair, at) => (at === 7 ? { ...pair, difficulty: 1 } : pair)))).toThrow(
      'Pair 8 has',
    );
  });

  it('counts characters as code points', () => {
    expect(characters('naïve 👍🏽')).toBe(8);
  });
});

describe('bradleyTerry', () => {
  const contest = (a: string, b: string, scores: readonly number[]) =>
    scores.map((score, at) => ({ prompt: `${at}`, a, b, score }));

  it('of two systems is the log-odds of the win rate', () => {
    const { systems, n, prompts } = bradleyTerry(contest('x', 'y', [...repeat(1, 30), ...repeat(0, 10)]));
    expect([n, prompts]).toEqual([40, 40]);
    expect(systems.map(({ system }) => system)).toEqual(['x', 'y']);
    expect((systems[0]?.score.value ?? 0) - (systems[1]?.score.value ?? 0)).toBeCloseTo(Math.log(3), 10);
    // half of 1 / √(n p (1 - p)), since the two scores mirror each other
    expect(systems[0]?.standardError).toBeCloseTo(1 / Math.sqrt(40 * 0.75 * 0.25) / 2, 10);
  });

  it('refuses a tournament without finite strengths', () => {
    expect(() =>
      bradleyTerry([...contest('a', 'b', [1, 0, 1]), ...contest('b', 'c', [1, 1, 1]), ...contest('a', 'c', [1, 1, 1])]),
    ).toThrow('c never won a point from a, b in 9 comparisons');
    expect(() => bradleyTerry(contest('a', 'a', [1]))).toThrow('Comparison 1 is of a with itself');
    expect(() => bradleyTerry(contest('a', 'b', [3]))).toThrow('has the score 3');
    expect(() => bradleyTerry([])).toThrow('no two systems');
  });
});
