import { describe, expect, it } from 'vitest';
import { exampleComparison } from './testing/example.js';
import { interval, judgeWords, probability, short, sourceWords, standing, systemWords } from './words.js';

describe('standing', () => {
  const comparison = exampleComparison();

  it('is the same contest from either side', () => {
    const [contest] = comparison.contests;
    if (contest === undefined) throw new Error('the example has contests');
    const there = standing(comparison, contest.a, contest.b);
    const back = standing(comparison, contest.b, contest.a);
    expect(there?.rate).toEqual({ ...contest.winRate.discreteWinRate, n: contest.winRate.n });
    expect(back?.rate.value).toBeCloseTo(1 - (there?.rate.value ?? 0), 12);
    expect(back?.rate.low).toBeCloseTo(1 - (there?.rate.high ?? 0), 12);
    expect(back?.wins).toBe(there?.losses);
    expect(back?.lengthControlled?.value).toBeCloseTo(1 - (there?.lengthControlled?.value ?? 0), 12);
    expect((back?.lengthControlled?.low ?? 1) <= (back?.lengthControlled?.high ?? 0)).toBe(true);
  });

  it('is undefined of systems that were not judged', () => {
    expect(standing(comparison, 'orpo', 'nobody')).toBeUndefined();
    expect(standing(comparison, 'orpo', 'orpo')).toBeUndefined();
  });
});

describe('words', () => {
  it('write intervals so that no dash is taken for a minus', () => {
    expect(interval({ low: 0.1, high: 0.25 }, (share) => `${share * 100}%`)).toBe('10–25%');
    expect(interval({ low: -0.5, high: 0.25 }, short)).toBe('−0.500 to 0.250');
    expect(interval({ low: Number.NaN, high: 1 }, short)).toBe('');
    expect(interval({}, short)).toBe('');
  });

  it('write probabilities no more exactly than they mean something', () => {
    expect([0.0004, 0.0123, 0.2345, 0.9999999, Number.NaN].map(probability)).toEqual([
      '< 0.001',
      '0.012',
      '0.23',
      '1.00',
      '–',
    ]);
  });

  it('say what systems, files and judges are, and what was left out', () => {
    expect(sourceWords({ path: '', sha256: '', n: 1, dropped: {} })).toBe('1 row');
    expect(sourceWords({ path: '', sha256: '', n: 1200, dropped: { empty: 2, long: 1, odd: 0 } })).toBe(
      '1,200 rows, 3 left out: 2 empty, 1 long',
    );
    const judge = { kind: 'rule', name: 'rule.ts', words: 'the rule rule.ts', judged: 40, failed: 2 } as const;
    expect(judgeWords(judge)).toBe('The rule rule.ts judged 40 pairs of answers, and failed on 2.');
    const run = { name: 'a', kind: 'run', source: 'runs/a', base: false, answers: 1 } as const;
    expect(systemWords({ ...run, method: 'dpo', adapter: true })).toBe('dpo run, adapter');
    expect(systemWords(run)).toBe('run');
  });
});
