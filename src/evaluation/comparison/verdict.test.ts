import { describe, expect, test } from 'vitest';
import { pairedT } from '../../statistics/paired-t.js';
import { winRate } from '../win-rate/win-rate.js';
import type { ContestReport } from './comparison.js';
import { verdictOf } from './verdict.js';

/** A contest of so many wins, losses and ties of `a`. */
function contest(a: string, b: string, wins: number, losses: number, ties = 0): ContestReport {
  const scores = [
    ...new Array<number>(wins).fill(1),
    ...new Array<number>(losses).fill(0),
    ...new Array<number>(ties).fill(0.5),
  ];
  return { a, b, winRate: winRate(scores), paired: pairedT(scores.map((score) => score - 0.5)) };
}

const verdict = (systems: readonly string[], contests: readonly ContestReport[]) =>
  verdictOf({ systems, contests, heldOut: new Map(), caveats: [] });

describe('two systems', () => {
  test('a clear lead has a winner, from either side, with p of the exact sign test', () => {
    // scipy.stats.binomtest(25, 30).pvalue
    const lead = verdict(['base', 'orpo'], [contest('orpo', 'base', 25, 5)]);
    expect(lead.winner).toBe('orpo');
    expect(lead.tests[0]?.p).toBeCloseTo(0.0003249142318964, 12);
    expect(lead.sentence).toBe(
      'orpo is better than base: orpo is preferred to base on 83.3% of 30 prompts (66.4% to 92.7%, p = 3.2e-4).',
    );
    const behind = verdict(['base', 'orpo'], [contest('orpo', 'base', 5, 25)]);
    expect(behind.winner).toBe('base');
    expect(behind.sentence).toMatch(/^base is better than orpo: base is preferred to orpo on 83\.3% of 30 prompts/);
  });

  test('luck has none, and what would have shown is said', () => {
    const { winner, sentence, tests } = verdict(['base', 'orpo'], [contest('orpo', 'base', 18, 12, 10)]);
    expect(winner).toBeUndefined();
    expect(tests[0]?.better).toBeUndefined();
    // binomtest(21, 30) gives .043, binomtest(20, 30) gives .099
    expect(sentence).toMatch(/^Nothing can be concluded: .* 21 would have had to go one way to show a difference\.$/);
  });

  test('few prompts cannot show anything, and ties say nothing', () => {
    expect(verdict(['a', 'b'], [contest('b', 'a', 5, 0)]).winner).toBeUndefined();
    expect(verdict(['a', 'b'], [contest('b', 'a', 5, 0)]).sentence).toMatch(/too few to show anything/);
    const ties = verdict(['a', 'b'], [contest('b', 'a', 0, 0, 40)]);
    expect(ties.winner).toBeUndefined();
    expect(ties.sentence).toMatch(/All 40 are ties\.$/);
  });
});

test('many ties make an interval wide, and a find in spite of it is explained', () => {
  const found = verdict(['a', 'b'], [contest('b', 'a', 6, 0, 6)]);
  expect(found.winner).toBe('b');
  expect(found.caveats).toEqual([
    'The interval of b and a leaves open which is better, as it counts 6 ties of 12; the test goes by the rest, of which b has most.',
  ]);
});

describe('more systems', () => {
  test('a find of one test alone is none among many', () => {
    // binomtest(21, 30).pvalue is .043
    expect(verdict(['a', 'b'], [contest('b', 'a', 21, 9)]).winner).toBe('b');
    const many = verdict(
      ['a', 'b', 'c'],
      [contest('b', 'a', 21, 9), contest('c', 'a', 15, 15), contest('c', 'b', 14, 16)],
    );
    expect(many.tests[0]?.adjusted).toBeCloseTo(3 * 0.0427739452570677, 10);
    expect(many.winner).toBeUndefined();
    expect(many.sentence).toMatch(/^Nothing can be concluded between any two of the 3 systems\./);
  });

  test('the winner is better than each other, else what is known is said', () => {
    const won = verdict(
      ['a', 'b', 'c'],
      [contest('b', 'a', 15, 15), contest('c', 'a', 27, 3), contest('c', 'b', 26, 4)],
    );
    expect(won.winner).toBe('c');
    expect(won.sentence).toMatch(
      /^c is better than each of the 2 others; least sure is the lead over b: c is preferred/,
    );
    const some = verdict(
      ['a', 'b', 'c'],
      [contest('b', 'a', 27, 3), contest('c', 'a', 27, 3), contest('c', 'b', 15, 15)],
    );
    expect(some.winner).toBeUndefined();
    expect(some.sentence).toBe(
      'No system is better than all others; b is better than a; c is better than a. Between the other two nothing can be concluded.',
    );
  });

  test('judged against the base alone, no system is better than those it never met', () => {
    const found = verdict(['a', 'b', 'c'], [contest('b', 'a', 27, 3), contest('c', 'a', 15, 15)]);
    expect(found.winner).toBeUndefined();
    expect(found.sentence).toMatch(/b is better than a/);
  });
});

test('without a judge the held-out pairs decide, and without either nothing does', () => {
  const pairs = (right: number) =>
    Array.from({ length: 20 }, (_, at) => ({
      place: `${at}`,
      chosen: at < right ? -1 : -3,
      rejected: -2,
      chosenTokens: 1,
      rejectedTokens: 1,
    }));
  const heldOut = new Map([
    ['base', pairs(4)],
    ['orpo', pairs(18)],
  ]);
  const found = verdictOf({ systems: ['base', 'orpo'], contests: [], heldOut, caveats: [] });
  expect(found).toMatchObject({ basis: 'accuracy', winner: 'orpo' });
  // 14 pairs that orpo alone gets right: 2 / 2^14
  expect(found.tests[0]?.p).toBeCloseTo(2 ** -13, 12);
  expect(found.sentence).toMatch(/^orpo is better than base: orpo tells 70\.0% more of 20 pairs apart than base/);
  const none = verdictOf({ systems: ['a', 'b'], contests: [], heldOut: new Map(), caveats: [] });
  expect(none.basis).toBe('none');
  expect(none.sentence).toMatch(/^Nothing can be concluded: nobody judged/);
});
