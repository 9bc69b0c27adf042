import { OrpoError } from '../../errors.js';
import { bootstrap } from '../../statistics/bootstrap.js';
import { dot } from '../../statistics/dot.js';
import type { Interval } from '../../statistics/interval.js';
import { type LogisticRows, logistic, logisticRegression } from '../../statistics/logistic-regression.js';
import { mean, standardDeviation, standardError } from '../../statistics/moments.js';
import { chooseStrength } from './choose-strength.js';

/** A judged pair of answers; lengths are in characters, see `characters`. */
export interface JudgedPair {
  /** 1 where the model's answer wins, 0 where the baseline's does; undefined without a judgement. */
  readonly score: number | undefined;
  readonly baselineLength: number;
  readonly modelLength: number;
  /** How hard the prompt is, by a regression over many systems; for all pairs or for none. */
  readonly difficulty?: number | undefined;
}

/** A judgement of the baseline against itself asked to be short or long: AlpacaEval's `df_gamed.csv`. */
export interface GamedPair {
  readonly score: number;
  /** Baseline's length less the model's, in standard deviations; `std_delta_len` of the file. */
  readonly lengthDifference: number;
  readonly difficulty?: number | undefined;
}

export interface LengthControlOptions {
  /** Judgements that tie the effect of length to what is known of it; `length_controlled_v1` has them. */
  readonly gamed?: readonly GamedPair[];
  readonly seed?: number;
  /** Resamples for the interval. */
  readonly resamples?: number;
}

/** The win rate there would be if both systems' answers were equally long. */
export interface LengthControlled {
  /** Pairs with a judgement, which the regression saw. */
  readonly n: number;
  /** Pairs without one; the rate is over their prompts too. */
  readonly missing: number;
  /** What AlpacaEval calls the form: with gamed pairs, with difficulties, or with lengths alone. */
  readonly form: 'length_controlled_v1' | 'length_controlled_noreg' | 'length_controlled_minimal';
  /** Share with an interval by resampling pairs and fitting anew. */
  readonly winRate: Interval;
  /** The mean score of the same pairs, lengths as they are. */
  readonly plain: number;
  /** Whether the two are so far apart that AlpacaEval warns of a fit that may have failed. */
  readonly extreme: boolean;
  /**
   * AlpacaEval's `lc_standard_error`: how far predictions differ between prompts. It is 0 in the minimal form, whose
   * prediction is one number for all, and no measure of chance; the interval is.
   */
  readonly predictionError: number;
  readonly coefficients: { readonly length: number; readonly difficulty?: number; readonly skill: number };
  /** 1 / penalty, chosen by cross-validation. */
  readonly strength: number;
}

const GAMED_WEIGHT = 0.2;
const RESAMPLES = 500;

/**
 * AlpacaEval 2's length-controlled win rate (Dubois et al., arXiv 2404.04475): a logistic regression of the score on
 * tanh of the length difference in standard deviations, the prompt's difficulty and the model's skill, then its
 * prediction with the lengths equal. Its strength of penalty is chosen by five folds of cross-validation, as there.
 *
 * @throws OrpoError `data` when fewer than five pairs are judged, all lengths differ by the same, a number is out of its
 *   range, or difficulties are given for some pairs only
 */
export function lengthControlled(pairs: readonly JudgedPair[], options: LengthControlOptions = {}): LengthControlled {
  const { gamed = [], seed = 42, resamples = RESAMPLES } = options;
  const hard = checkPairs(pairs, gamed);
  const differences = pairs.map(({ baselineLength, modelLength }) => baselineLength - modelLength);
  const spread = standardDeviation(differences);
  if (!(spread > 0)) {
    throw new OrpoError(
      'data',
      `The answers of all ${pairs.length} pairs differ in length by the same, so the effect of length cannot be told.`,
      'Use the plain win rate.',
    );
  }
  const row = (difference: number, difficulty: number | undefined, skill: number): number[] =>
    hard ? [Math.tanh(difference), difficulty ?? 0, skill] : [Math.tanh(difference), skill];
  const atEqualLengths = pairs.map(({ difficulty }) => row(0, difficulty, 1));
  const judged = pairs.flatMap(({ score, difficulty }, at) =>
    score === undefined ? [] : [{ score, features: row((differences[at] ?? 0) / spread, difficulty, 1) }],
  );
  // two baselines were gamed, which share the weight
  const anchor = gamed.map(({ score, lengthDifference, difficulty }) => ({
    score,
    features: row(lengthDifference, difficulty, 0),
    weight: GAMED_WEIGHT / 2,
  }));
  const rowsOf = (own: Float64Array): LogisticRows => {
    const seen = [...judged.map((one, at) => ({ ...one, weight: own[at] ?? 0 })), ...anchor];
    const counted = seen.filter(({ weight }) => weight > 0);
    return {
      features: counted.map(({ features }) => features),
      targets: counted.map(({ score }) => score),
      weights: counted.map(({ weight }) => weight),
    };
  };
  const all = rowsOf(new Float64Array(judged.length).fill(1));
  const strength = chooseStrength(anchor.length === 0 ? all : orderedAsRead(all, judged.length));
  const fitted = logisticRegression(all, strength);
  const predictions = (w: readonly number[]): number[] => atEqualLengths.map((features) => logistic(dot(features, w)));
  const plain = mean(judged.map(({ score }) => score));
  const winRate = bootstrap(
    judged.length,
    seed,
    (drawn) => {
      const own = new Float64Array(judged.length);
      for (const at of drawn) own[at] = (own[at] ?? 0) + 1;
      return mean(predictions(logisticRegression(rowsOf(own), strength, fitted)));
    },
    resamples,
  );
  const [length = 0, second = 0, third = 0] = fitted;
  return {
    n: judged.length,
    missing: pairs.length - judged.length,
    form: formOf(gamed, hard),
    winRate,
    plain,
    extreme: isExtreme(plain, winRate.value),
    predictionError: standardError(predictions(fitted)),
    coefficients: hard ? { length, difficulty: second, skill: third } : { length, skill: second },
    strength,
  };
}

/** Characters of a text as Python counts them: code points. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Gamed pairs first, as AlpacaEval's folds have them. */
function orderedAsRead({ features, targets, weights = [] }: LogisticRows, own: number): LogisticRows {
  const turn = <T>(list: readonly T[]): T[] => [...list.slice(own), ...list.slice(0, own)];
  return { features: turn(features), targets: turn(targets), weights: turn(weights) };
}

/** AlpacaEval's rule: by more than a tenth, and by more than a quarter of what is left on that side. */
function isExtreme(plain: number, controlled: number): boolean {
  const low = Math.min(plain - plain / 4, plain - 0.1);
  const high = Math.max(plain + (1 - plain) / 4, plain + 0.1);
  return controlled < low || controlled > high;
}

function formOf(gamed: readonly GamedPair[], hard: boolean): LengthControlled['form'] {
  if (gamed.length > 0) return 'length_controlled_v1';
  return hard ? 'length_controlled_noreg' : 'length_controlled_minimal';
}

/** Whether the pairs have difficulties. */
function checkPairs(pairs: readonly JudgedPair[], gamed: readonly GamedPair[]): boolean {
  const known = pairs.filter(({ score }) => score !== undefined).length;
  if (known < 5) {
    throw new OrpoError(
      'data',
      `${known} judged pairs are too few for a length-controlled win rate.`,
      'It takes five at the least, and some hundreds to say much.',
    );
  }
  const hard = pairs[0]?.difficulty !== undefined;
  for (const [name, list] of [
    ['Pair', pairs],
    ['Gamed pair', gamed],
  ] as const)
    for (const [at, { score, difficulty, ...lengths }] of list.entries()) {
      const bad =
        (score !== undefined && !(score >= 0 && score <= 1)) ||
        !Object.values(lengths).every(Number.isFinite) ||
        (hard ? !Number.isFinite(difficulty) : difficulty !== undefined && list === pairs);
      if (!bad) continue;
      throw new OrpoError(
        'data',
        `${name} ${at + 1} has a score, a length or a difficulty that is none.`,
        'Scores are 0 to 1, lengths are numbers; difficulties are given for all pairs or for none.',
      );
    }
  return hard;
}
