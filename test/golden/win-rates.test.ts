import { describe, expect, it } from 'vitest';
import { scoreOfPreference } from '../../src/evaluation/win-rate/annotations.js';
import {
  type JudgedPair,
  type LengthControlOptions,
  lengthControlled,
} from '../../src/evaluation/win-rate/length-controlled.js';
import { winRate } from '../../src/evaluation/win-rate/win-rate.js';
import { type LogisticRows, logisticRegression } from '../../src/statistics/logistic-regression.js';
import { standardDeviation } from '../../src/statistics/moments.js';
import { goldenFolders, readGolden, skipWhatIsAbsent } from './golden-folder.js';

interface Case {
  readonly model: string;
  readonly annotator: string;
  readonly preference: readonly number[];
  readonly len_baseline: readonly number[];
  readonly len_model: readonly number[];
  readonly expected: {
    readonly n: number;
    readonly win_rate: number;
    readonly standard_error: number;
    readonly draws: number;
    readonly wins?: number;
    readonly losses?: number;
    readonly discrete_win_rate?: number;
  };
  readonly difficulty?: readonly number[];
  readonly gamed?: {
    readonly std_delta_len: readonly number[];
    readonly instruction_difficulty: readonly number[];
    readonly preference: readonly number[];
  };
  readonly length_controlled?: Readonly<Record<'v1' | 'noreg' | 'minimal', Controlled>>;
}

interface Controlled {
  readonly strength: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly alpaca_eval: { readonly length_controlled_winrate: number; readonly lc_standard_error: number };
}

function scoresOf({ preference }: Case): number[] {
  return preference.map((one) => scoreOfPreference(one) ?? Number.NaN);
}

function pairsOf(of: Case, hard: boolean): JudgedPair[] {
  return scoresOf(of).map((score, at) => ({
    score,
    baselineLength: of.len_baseline[at] ?? Number.NaN,
    modelLength: of.len_model[at] ?? Number.NaN,
    difficulty: hard ? of.difficulty?.[at] : undefined,
  }));
}

function optionsOf({ gamed }: Case, form: string): LengthControlOptions {
  if (form !== 'v1' || gamed === undefined) return { resamples: 40 };
  return {
    resamples: 40,
    gamed: gamed.std_delta_len.map((lengthDifference, at) => ({
      lengthDifference,
      difficulty: gamed.instruction_difficulty[at],
      score: gamed.preference[at] ?? Number.NaN,
    })),
  };
}

/** The regression as AlpacaEval sets it up, built here afresh. */
function rowsOf(of: Case, form: string): LogisticRows {
  const hard = form !== 'minimal';
  const feature = (delta: number, difficulty: number | undefined, own: number): number[] =>
    hard ? [Math.tanh(delta), difficulty ?? Number.NaN, own] : [Math.tanh(delta), own];
  const deltas = of.len_baseline.map((length, at) => length - (of.len_model[at] ?? Number.NaN));
  const spread = standardDeviation(deltas);
  const gamed = form === 'v1' ? of.gamed : undefined;
  return {
    features: [
      ...deltas.map((delta, at) => feature(delta / spread, of.difficulty?.[at], 1)),
      ...(gamed?.std_delta_len ?? []).map((delta, at) => feature(delta, gamed?.instruction_difficulty[at], 0)),
    ],
    targets: [...scoresOf(of), ...(gamed?.preference ?? [])],
    weights: [...deltas.map(() => 1), ...(gamed?.preference ?? []).map(() => 0.1)],
  };
}

skipWhatIsAbsent('win_rates.json');
describe.each(goldenFolders('win_rates.json'))('$name win_rates.json', ({ path }) => {
  const { cases } = readGolden<{ cases: readonly Case[] }>(path, 'win_rates.json');

  it.each(cases)('$model judged by $annotator: win rate and standard error are those of AlpacaEval', (of) => {
    const { expected } = of;
    const ours = winRate(scoresOf(of));
    expect(ours.n).toBe(expected.n);
    expect(ours.ties).toBe(expected.draws);
    expect(Math.abs(100 * ours.winRate.value - expected.win_rate)).toBeLessThan(1e-6);
    expect(Math.abs(100 * ours.standardError - expected.standard_error)).toBeLessThan(1e-6);
    const { wins = ours.wins, losses = ours.losses, discrete_win_rate = 100 * ours.discreteWinRate.value } = expected;
    expect([ours.wins, ours.losses]).toEqual([wins, losses]);
    expect(100 * ours.discreteWinRate.value).toBeCloseTo(discrete_win_rate, 9);
    // the bootstrap's spread is the standard error, within what 2,000 resamples can tell
    const reach = (ours.winRate.high - ours.winRate.low) / 2 / 1.96;
    expect(Math.abs(reach / ours.standardError - 1)).toBeLessThan(0.1);
  });

  const controlled = cases.flatMap((of) =>
    Object.entries(of.length_controlled ?? {}).map(([form, theirs]) => ({ of, form, theirs, model: of.model })),
  );
  it.runIf(controlled.length > 0).each(controlled)('$model, length_controlled_$form: as AlpacaEval', (one) => {
    const { of, form, theirs } = one;
    const ours = lengthControlled(pairsOf(of, form !== 'minimal'), optionsOf(of, form));
    expect(ours.form).toBe(`length_controlled_${form}`);
    expect(Object.keys(ours.coefficients).length).toBe(Object.keys(theirs.weights).length);
    // folds, and liblinear's early stop, differ: the strength chosen may, the rate hardly does
    expect(Math.abs(100 * ours.winRate.value - theirs.alpaca_eval.length_controlled_winrate)).toBeLessThan(0.02);
    expect(Math.abs(100 * ours.predictionError - theirs.alpaca_eval.lc_standard_error)).toBeLessThan(0.02);
    const fitted = logisticRegression(rowsOf(of, form), theirs.strength);
    for (const [at, weight] of Object.values(theirs.weights).entries())
      expect(Math.abs((fitted[at] ?? Number.NaN) - weight)).toBeLessThan(1e-7);
  });
});
