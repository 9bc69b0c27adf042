import { describe, expect, it } from 'vitest';
import { createRandom } from '../../data/random.js';
import { againstBase, type TestRows } from './against-base.js';
import { verdictOf } from './verdict.js';

const PAIRS = 60;

/** Margins of pairs under some seeds: those of the pair, of the seed, and noise, as a function of the number. */
function rows(seeds: number, shift: number, number: number): TestRows {
  const random = createRandom(number, 900);
  const noise = (): number => random.uint32() / 2 ** 32 - 0.5;
  const ofSeed = Array.from({ length: seeds }, () => shift + 0.2 * noise());
  return ofSeed.map((base) => Array.from({ length: PAIRS }, (_, at) => base + Math.sin(at) + noise()));
}

const verdict = (seeds: number, others: Readonly<Record<string, TestRows>>, base: TestRows, more: object = {}) =>
  verdictOf({
    base: 'sft',
    select: 'margin',
    seeds,
    pairs: PAIRS,
    baseStands: true,
    against: againstBase(base, new Map(Object.entries(others))),
    diverged: [],
    trials: new Map(Object.keys({ sft: 0, ...others }).map((entry) => [entry, 4])),
    ...more,
  });

describe('what a verdict says', () => {
  it('tells who is better and who is worse than the base, and of whom nothing is known', () => {
    const said = verdict(4, { orpo: rows(4, 1, 1), dpo: rows(4, -1, 2), ipo: rows(4, 0.02, 3) }, rows(4, 0, 4));
    expect(said).toMatch(/^In margin on 60 test pairs and 4 seeds: orpo is better than sft by \d/);
    expect(said).toContain('dpo is worse than sft by');
    expect(said).toContain('ipo cannot be told from sft.');
    expect(said).toContain('not against one another');
  });

  it('says that nothing can be concluded from chance', () => {
    const said = verdict(3, { orpo: rows(3, 0, 5), dpo: rows(3, 0, 6) }, rows(3, 0, 7));
    expect(said).toMatch(/^Nothing can be concluded: no method differs from sft in margin/);
  });

  it('says so of a single seed, however far apart the two are', () => {
    const said = verdict(1, { orpo: rows(1, 5, 8) }, rows(1, 0, 9));
    expect(said).toContain('Nothing can be concluded about the methods: with a single seed');
  });

  it('names unequal trials, two seeds, and what diverged', () => {
    const trials = new Map([
      ['sft', 3],
      ['orpo', 9],
    ]);
    const said = verdict(2, { orpo: rows(2, 0, 1) }, rows(2, 0, 2), { trials, diverged: ['dpo'] });
    expect(said).toContain('The search was not equal: settings tried were sft 3, orpo 9.');
    expect(said).toContain('Two seeds give wide intervals.');
    expect(said).toContain('Every setting of dpo diverged.');
    expect(verdict(2, {}, [], { baseStands: false })).toContain('every setting of sft, the base, diverged');
  });
});

it('a method that is the base under other noise is found better or worse at most once in twenty times', () => {
  let wrong = 0;
  const tries = 200;
  for (let attempt = 0; attempt < tries; attempt++) {
    const others = new Map(['a', 'b', 'c'].map((name, at) => [name, rows(3, 0, 10 + attempt * 4 + at)]));
    if (againstBase(rows(3, 0, 13 + attempt * 4), others).some(({ outcome }) => outcome !== 'open')) wrong++;
  }
  expect(wrong / tries).toBeLessThanOrEqual(0.07);
});

it('both tests are paired, and corrected for the number of methods', () => {
  const [first] = againstBase(rows(3, 0, 1), new Map([['orpo', rows(3, 0.3, 2)]]));
  const three = againstBase(
    rows(3, 0, 1),
    new Map(['orpo', 'x', 'y'].map((name, at) => [name, rows(3, at === 0 ? 0.3 : 0, 2 + at)])),
  );
  expect(three[0]?.bySeed.p).toBe(first?.bySeed.p);
  expect(three[0]?.bySeed.corrected).toBeGreaterThan(first?.bySeed.corrected ?? 1);
  expect(first?.bySeed.n).toBe(3);
  expect(first?.byPair.n).toBe(PAIRS);
});
