import { holm } from '../../statistics/holm.js';
import { signTest } from '../../statistics/sign-test.js';
import { formatCount, formatNumber, formatShare } from '../../text/format.js';
import type { ContestReport, VerdictReport, VerdictTest } from './comparison.js';
import { estimate } from './estimate.js';
import { accuracyDifference, type HeldOutScore, sharedPairs } from './preference.js';

/** Chance of a false find among all tests together. */
export const LEVEL = 0.05;

/** A test with what luck can do in it: how many prompts or pairs were decided one way or the other. */
interface Test {
  readonly a: string;
  readonly b: string;
  readonly estimate: VerdictTest['estimate'];
  readonly p: number;
  /** Above 0 where `a` is ahead. */
  readonly lead: number;
  readonly decided: number;
}

export interface VerdictInputs {
  /** In their order. */
  readonly systems: readonly string[];
  readonly contests: readonly ContestReport[];
  /** Scores of the held-out pairs, of those systems that have them. */
  readonly heldOut: ReadonlyMap<string, readonly HeldOutScore[]>;
  readonly caveats: readonly string[];
}

/**
 * What can be concluded: the winner is the system that is better than each other one, each by an exact sign test on
 * prompts (or McNemar's on pairs, where nothing was judged), all p adjusted together by Holm's method. A sentence says
 * so, or that nothing can be concluded, and what difference would have shown.
 */
export function verdictOf({ systems, contests, heldOut, caveats }: VerdictInputs): VerdictReport {
  const basis = contests.length > 0 ? 'win rate' : heldOut.size > 1 ? 'accuracy' : 'none';
  const found = basis === 'win rate' ? contests.map(ofContest) : basis === 'accuracy' ? ofPairs(heldOut) : [];
  // a difference that cannot be tested was asked for all the same
  const adjusted = holm(found.map(({ p }) => (Number.isNaN(p) ? 1 : p)));
  const tests = found.map((one, at): VerdictTest => {
    const { a, b, estimate: figure, p, lead } = one;
    const test = { a, b, estimate: figure, p, adjusted: adjusted[at] ?? 1 };
    return test.adjusted < LEVEL ? { ...test, better: lead > 0 ? a : b } : test;
  });
  const winner = systems.find(
    (name) => systems.length > 1 && systems.every((other) => other === name || isBetter(tests, name, other)),
  );
  const all = [...tests.flatMap((test, at) => wideInterval(test, found[at], basis)), ...caveats];
  const shared = { basis, level: LEVEL, correction: 'holm', tests, caveats: all } as const;
  const words = sentenceOf(systems, tests, found, winner, basis);
  return winner === undefined ? { sentence: words, ...shared } : { sentence: words, winner, ...shared };
}

function ofContest({ a, b, winRate }: ContestReport): Test {
  const { wins, losses, discreteWinRate, n, p } = winRate;
  return { a, b, estimate: estimate(discreteWinRate, n), p, lead: wins - losses, decided: wins + losses };
}

function ofPairs(heldOut: VerdictInputs['heldOut']): Test[] {
  const all = [...heldOut];
  return all.flatMap(([b, ofB], at) =>
    all.slice(at + 1).flatMap(([a, ofA]): Test[] => {
      const shared = sharedPairs(ofA, ofB);
      if (shared.length === 0) return [];
      const { difference, mcnemar, onlyA, onlyB } = accuracyDifference(shared);
      const lead = onlyA - onlyB;
      return [{ a, b, estimate: estimate(difference, shared.length), p: mcnemar, lead, decided: onlyA + onlyB }];
    }),
  );
}

function isBetter(tests: readonly VerdictTest[], name: string, other: string): boolean {
  return tests.some(({ a, b, better }) => better === name && other === (name === a ? b : a));
}

function sentenceOf(
  systems: readonly string[],
  tests: readonly VerdictTest[],
  found: readonly Test[],
  winner: string | undefined,
  basis: VerdictReport['basis'],
): string {
  if (systems.length < 2) return 'One system alone is described, not compared.';
  if (basis === 'none')
    return 'Nothing can be concluded: nobody judged the answers, and no held-out pairs were scored.';
  const [only] = tests;
  if (only !== undefined && tests.length === 1 && systems.length === 2) {
    return only.better === undefined
      ? `Nothing can be concluded: ${leadWords(only, basis, only.a)}. ${power(found[0], tests.length, basis)}`
      : `${only.better} is better than ${only.better === only.a ? only.b : only.a}: ${leadWords(only, basis, only.better)}.`;
  }
  if (winner !== undefined) {
    const own = tests.filter(({ a, b }) => a === winner || b === winner);
    const closest = own.reduce((a, b) => (b.adjusted > a.adjusted ? b : a));
    return `${winner} is better than each of the ${systems.length - 1} others; least sure is the lead over ${closest.a === winner ? closest.b : closest.a}: ${leadWords(closest, basis, winner)}.`;
  }
  const leads = systems.flatMap((name) => {
    const beaten = systems.filter((other) => isBetter(tests, name, other));
    return beaten.length === 0 ? [] : [`${name} is better than ${listed(beaten)}`];
  });
  const open = tests.filter(({ better }) => better === undefined).length;
  if (leads.length === 0) {
    const most = found.reduce((a, b) => (b.decided > a.decided ? b : a), found[0] ?? NOBODY);
    return `Nothing can be concluded between any two of the ${systems.length} systems. ${power(most, tests.length, basis)}`;
  }
  const rest =
    open === 0 ? '' : ` Between the other ${open === 1 ? 'two' : `${open} pairs of systems`} nothing can be concluded.`;
  return `No system is better than all others; ${leads.join('; ')}.${rest}`;
}

const NOBODY: Test = { a: '', b: '', estimate: { value: Number.NaN, n: 0 }, p: 1, lead: 0, decided: 0 };

/** How far `name` is ahead, or behind, in a test. */
function leadWords(test: VerdictTest, basis: VerdictReport['basis'], name: string): string {
  const { a, b, estimate: figure, p, adjusted } = test;
  const other = name === a ? b : a;
  const own = name === a ? figure : turned(figure, basis);
  const chance = `p = ${formatNumber(adjusted, 3)}${adjusted === p ? '' : ' after correction'}`;
  const interval = own.low === undefined ? '' : `${formatShare(own.low)} to ${formatShare(own.high)}, `;
  const n = formatCount(figure.n);
  return basis === 'accuracy'
    ? `${name} tells ${formatShare(own.value)} more of ${n} pairs apart than ${other} (${interval}${chance})`
    : `${name} is preferred to ${other} on ${formatShare(own.value)} of ${n} prompts (${interval}${chance})`;
}

function turned(
  { value, low, high, n }: VerdictTest['estimate'],
  basis: VerdictReport['basis'],
): VerdictTest['estimate'] {
  const other = (x: number): number => (basis === 'accuracy' ? -x : 1 - x);
  return low === undefined || high === undefined
    ? { value: other(value), n }
    : { value: other(value), low: other(high), high: other(low), n };
}

/** A find whose interval holds no difference too, because it counts ties and the test does not. */
function wideInterval(test: VerdictTest, found: Test | undefined, basis: VerdictReport['basis']): string[] {
  const { low, high, n } = test.estimate;
  const equal = basis === 'accuracy' ? 0 : 0.5;
  if (test.better === undefined || low === undefined || high === undefined || low > equal || high < equal) return [];
  const ties = n - (found?.decided ?? n);
  return [
    `The interval of ${test.a} and ${test.b} leaves open which is better, as it counts ${formatCount(ties)} ties of ${formatCount(n)}; the test goes by the rest, of which ${test.better} has most.`,
  ];
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What lead would have been a find. */
function power(test: Test | undefined, tests: number, basis: VerdictReport['basis']): string {
  if (test === undefined || test.decided === 0) return `All ${formatCount(test?.estimate.n ?? 0)} are ties.`;
  const { decided } = test;
  const what = basis === 'accuracy' ? 'pairs that only one of them gets right' : 'prompts that are no ties';
  let wins = Math.ceil(decided / 2);
  while (wins <= decided && signTest(wins, decided - wins) * tests >= LEVEL) wins++;
  return wins > decided
    ? `${formatCount(decided)} ${what} are too few to show anything; give more.`
    : `Of ${formatCount(decided)} ${what}, ${formatCount(wins)} would have had to go one way to show a difference.`;
}
