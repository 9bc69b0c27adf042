import { OrpoError } from '../../errors.js';
import { bootstrap } from '../../statistics/bootstrap.js';
import type { Interval } from '../../statistics/interval.js';
import { mean, standardError } from '../../statistics/moments.js';
import { type PairedTest, pairedT } from '../../statistics/paired-t.js';
import { signTest } from '../../statistics/sign-test.js';
import { wilson } from '../../statistics/wilson.js';

/** How often one system's answers are preferred to another's. Shares are from 0 to 1. */
export interface WinRate {
  /** Prompts with a judgement; all figures are of these. */
  readonly n: number;
  /** Prompts the judge gave none for. */
  readonly missing: number;
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /**
   * The mean score, a tie counting half and a probability as itself, with its bootstrap interval, which has no width
   * where all scores are equal; Wilson's of `discreteWinRate` holds there too.
   */
  readonly winRate: Interval;
  /** sd / √n of the scores; NaN for one. */
  readonly standardError: number;
  /** Wins, and ties by half, whatever the judge's certainty, with Wilson's interval. */
  readonly discreteWinRate: Interval;
  /** Exact sign test of wins against losses: how often equal systems differ as much. 1 where all are ties. */
  readonly p: number;
}

/**
 * @param scores of one system's answer to each prompt against the other's: 1 wins, 0 loses, .5 ties, between them the
 *   judge's probability; undefined where it has none
 * @throws OrpoError `data` when no prompt has a score, or one is not from 0 to 1
 */
export function winRate(scores: readonly (number | undefined)[], { seed = 42 }: { seed?: number } = {}): WinRate {
  const known = scores.filter((score) => score !== undefined);
  if (known.length === 0) {
    throw new OrpoError(
      'data',
      `None of ${scores.length} prompts has a judgement, so there is no win rate.`,
      'Look at why the judge failed; its log names the reason row by row.',
    );
  }
  for (const [at, score] of scores.entries()) {
    if (score === undefined || (score >= 0 && score <= 1)) continue;
    throw new OrpoError('data', `Score ${at + 1} is ${score}.`, 'A score is 0 (loses) to 1 (wins), .5 for a tie.');
  }
  const n = known.length;
  const wins = known.filter((score) => score > 0.5).length;
  const losses = known.filter((score) => score < 0.5).length;
  const ties = n - wins - losses;
  return {
    n,
    missing: scores.length - n,
    wins,
    losses,
    ties,
    winRate: bootstrap(n, seed, (drawn) => drawn.reduce((sum, at) => sum + (known[at] ?? 0), 0) / n),
    standardError: standardError(known),
    discreteWinRate: wilson(wins + ties / 2, n),
    p: signTest(wins, losses),
  };
}

/** Two systems that were each compared with the same opponent on the same prompts. */
export interface WinRateDifference extends PairedTest {
  /** Prompts that one of the two has no judgement for; they take no part. */
  readonly missing: number;
  readonly first: number;
  readonly second: number;
  /** McNemar's exact test over prompts where one of the two wins and the other does not. */
  readonly mcnemar: number;
}

/**
 * Whether one system wins more often than another against a common opponent, prompt by prompt.
 *
 * @throws OrpoError `data` when the lists differ in length or share no judged prompt
 */
export function compareWinRates(
  first: readonly (number | undefined)[],
  second: readonly (number | undefined)[],
): WinRateDifference {
  if (first.length !== second.length) {
    throw new OrpoError(
      'data',
      `The first system has ${first.length} scores and the second ${second.length}.`,
      'Give both in the order of the same prompts.',
    );
  }
  const pairs = first.flatMap((a, at): (readonly [number, number])[] => {
    const b = second[at];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  if (pairs.length === 0) {
    throw new OrpoError('data', 'No prompt has a judgement of both systems.', 'Judge both on the same prompts.');
  }
  const won = (wins: (a: boolean, b: boolean) => boolean): number =>
    pairs.filter(([a, b]) => wins(a > 0.5, b > 0.5)).length;
  return {
    ...pairedT(pairs.map(([a, b]) => a - b)),
    missing: first.length - pairs.length,
    first: mean(pairs.map(([a]) => a)),
    second: mean(pairs.map(([, b]) => b)),
    mcnemar: signTest(
      won((a, b) => a && !b),
      won((a, b) => b && !a),
    ),
  };
}
