import type { PairScore } from '../../scoring/score-pairs.js';
import { bootstrap } from '../../statistics/bootstrap.js';
import { pairedT } from '../../statistics/paired-t.js';
import { signTest } from '../../statistics/sign-test.js';
import type { PreferenceReport, Response, Score } from './comparison.js';
import { estimate, meanEstimate, shareEstimate } from './estimate.js';

/** Scores of one held-out pair; `place` tells pairs apart and is the same for every system. */
export interface HeldOutScore extends PairScore {
  readonly place: string;
}

/** How well a system tells chosen from rejected, beside the base on the pairs that both scored; at least one pair. */
export function preferenceReport(
  scores: readonly HeldOutScore[],
  base: readonly HeldOutScore[] | undefined,
  seed: number,
): PreferenceReport {
  const margins = (score: Score): number[] => scores.map((pair) => marginOf(pair, score));
  const logProb = (response: Response) => meanEstimate(scores.map((pair) => meanLogProb(pair, response)));
  const perplexity = (response: Response) => {
    const value = (drawn: Int32Array): number => {
      let [sum, tokens] = [0, 0];
      for (const at of drawn) {
        const pair = scores[at];
        sum += pair?.[response] ?? 0;
        tokens += pair?.[`${response}Tokens`] ?? 0;
      }
      return Math.exp(-sum / tokens);
    };
    return estimate(bootstrap(scores.length, seed, value, 1000), scores.length);
  };
  return {
    n: scores.length,
    accuracy: eachScore((score) => shareEstimate(margins(score).map((margin) => margin > 0))),
    margin: eachScore((score) => meanEstimate(margins(score))),
    logProb: { chosen: logProb('chosen'), rejected: logProb('rejected') },
    perplexity: { chosen: perplexity('chosen'), rejected: perplexity('rejected') },
    ...(base === undefined ? {} : againstBase(scores, base)),
  };
}

/** The pairs that two systems scored both, in the order of the first. */
export function sharedPairs(
  a: readonly HeldOutScore[],
  b: readonly HeldOutScore[],
): (readonly [HeldOutScore, HeldOutScore])[] {
  const others = new Map(b.map((pair) => [pair.place, pair]));
  return a.flatMap((pair): (readonly [HeldOutScore, HeldOutScore])[] => {
    const other = others.get(pair.place);
    return other === undefined ? [] : [[pair, other]];
  });
}

/** Whether accuracies by mean differ: the differences, pair by pair, and McNemar's exact p. */
export function accuracyDifference(shared: readonly (readonly [HeldOutScore, HeldOutScore])[]) {
  const right = shared.map(([a, b]) => [marginOf(a, 'mean') > 0, marginOf(b, 'mean') > 0] as const);
  const onlyA = right.filter(([a, b]) => a && !b).length;
  const onlyB = right.filter(([a, b]) => b && !a).length;
  return { ...pairedT(right.map(([a, b]) => Number(a) - Number(b))), mcnemar: signTest(onlyA, onlyB), onlyA, onlyB };
}

function againstBase(
  scores: readonly HeldOutScore[],
  base: readonly HeldOutScore[],
): Pick<PreferenceReport, 'against'> {
  const shared = sharedPairs(scores, base);
  if (shared.length === 0) return {};
  const { onlyA: _, onlyB: __, ...accuracy } = accuracyDifference(shared);
  return {
    against: { accuracy, margin: pairedT(shared.map(([a, b]) => marginOf(a, 'mean') - marginOf(b, 'mean'))) },
  };
}

/** Chosen less rejected, by the sum of log-probs, their mean, or the log-odds of the mean. */
export function marginOf(pair: PairScore, score: Score): number {
  if (score === 'sum') return pair.chosen - pair.rejected;
  const [chosen, rejected] = [meanLogProb(pair, 'chosen'), meanLogProb(pair, 'rejected')];
  return score === 'mean' ? chosen - rejected : logOdds(chosen) - logOdds(rejected);
}

function meanLogProb(pair: PairScore, response: Response): number {
  return pair[response] / pair[`${response}Tokens`];
}

/** log(p / (1 - p)) of a log-probability below 0. */
function logOdds(logProb: number): number {
  return logProb - Math.log(-Math.expm1(logProb));
}

function eachScore<T>(value: (score: Score) => T): Record<Score, T> {
  return { sum: value('sum'), mean: value('mean'), odds: value('odds') };
}
