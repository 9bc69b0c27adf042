import { describe, expect, test } from 'vitest';
import { accuracyDifference, type HeldOutScore, marginOf, preferenceReport, sharedPairs } from './preference.js';

const scores: readonly HeldOutScore[] = [
  { place: '1.0', chosen: -4, rejected: -9, chosenTokens: 4, rejectedTokens: 3 },
  { place: '2.0', chosen: -10, rejected: -6, chosenTokens: 10, rejectedTokens: 4 },
  { place: '3.0', chosen: -3, rejected: -2, chosenTokens: 2, rejectedTokens: 2 },
];

describe('figures of held-out pairs', () => {
  const report = preferenceReport(scores, undefined, 1);

  test('accuracy and margin by sum, mean and odds, as they come out by hand', () => {
    expect(report.n).toBe(3);
    expect(report.accuracy.sum.value).toBeCloseTo(1 / 3, 12);
    // means: -1 against -3, -1 against -1.5, -1.5 against -1
    expect(report.accuracy.mean.value).toBeCloseTo(2 / 3, 12);
    expect(report.accuracy.odds).toEqual(report.accuracy.mean);
    expect(report.margin.sum.value).toBeCloseTo((5 - 4 - 1) / 3, 12);
    expect(report.margin.mean.value).toBeCloseTo((2 + 0.5 - 0.5) / 3, 12);
    const odds = (m: number): number => Math.log(Math.exp(m) / (1 - Math.exp(m)));
    expect(report.margin.odds.value).toBeCloseTo((odds(-1) - odds(-3)) / 3, 12);
  });

  test('the interval of a mean is that of scipy.stats.t.interval', () => {
    // scipy.stats.t.interval(0.95, 2, loc=mean([2, .5, -.5]), scale=sem([2, .5, -.5]))
    expect(report.margin.mean.low).toBeCloseTo(-2.459138073, 8);
    expect(report.margin.mean.high).toBeCloseTo(3.7924714064, 8);
  });

  test('perplexity is over all tokens together', () => {
    expect(report.perplexity.chosen.value).toBeCloseTo(Math.exp(17 / 16), 12);
    expect(report.perplexity.rejected.value).toBeCloseTo(Math.exp(17 / 9), 12);
    const { low = Number.NaN, value, high = Number.NaN } = report.perplexity.rejected;
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });

  test('one pair has a value and no interval of its mean', () => {
    const one = preferenceReport(scores.slice(0, 1), undefined, 1);
    expect(one.margin.mean).toEqual({ value: 2, n: 1 });
  });

  test('against the base, on the pairs both scored', () => {
    const base = [
      { place: '3.0', chosen: -2, rejected: -3, chosenTokens: 2, rejectedTokens: 2 },
      { place: '1.0', chosen: -9, rejected: -4, chosenTokens: 4, rejectedTokens: 4 },
      { place: '9.0', chosen: -9, rejected: -4, chosenTokens: 4, rejectedTokens: 4 },
    ];
    const shared = sharedPairs(scores, base);
    expect(shared.map(([a, b]) => [a.place, b.place])).toEqual([
      ['1.0', '1.0'],
      ['3.0', '3.0'],
    ]);
    expect(accuracyDifference(shared)).toMatchObject({ n: 2, onlyA: 1, onlyB: 1, mcnemar: 1 });
    const { against } = preferenceReport(scores, base, 1);
    expect(against?.margin.difference.value).toBeCloseTo((2 + 1.25 + -0.5 - 0.5) / 2, 12);
    expect(preferenceReport(scores, [], 1).against).toBeUndefined();
  });

  test('log-odds stay finite where a probability is nearly 1', () => {
    const sure = { place: '', chosen: -1e-12, rejected: -1, chosenTokens: 1, rejectedTokens: 1 };
    expect(marginOf(sure, 'odds')).toBeGreaterThan(20);
    expect(Number.isFinite(marginOf(sure, 'odds'))).toBe(true);
  });
});
