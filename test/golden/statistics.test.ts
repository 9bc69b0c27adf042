import { describe, expect, it } from 'vitest';
import { bradleyTerry, type Contested } from '../../src/evaluation/win-rate/bradley-terry.js';
import { cohensD, cohensDOfPairs } from '../../src/statistics/cohens-d.js';
import { cohensKappa } from '../../src/statistics/cohens-kappa.js';
import { gaussianDensity } from '../../src/statistics/gaussian-density.js';
import { holm } from '../../src/statistics/holm.js';
import { incompleteBeta } from '../../src/statistics/incomplete-beta.js';
import { logGamma } from '../../src/statistics/log-gamma.js';
import { mean, standardDeviation, standardError } from '../../src/statistics/moments.js';
import { pairedT } from '../../src/statistics/paired-t.js';
import { quantile } from '../../src/statistics/quantile.js';
import { signTest } from '../../src/statistics/sign-test.js';
import { t95 } from '../../src/statistics/student-t.js';
import { tInterval } from '../../src/statistics/t-interval.js';
import { wilson } from '../../src/statistics/wilson.js';
import { goldenFolders, readGolden } from './golden-folder.js';

interface Sample {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly shares: readonly number[];
  readonly quantiles: readonly number[];
  readonly mean: number;
  readonly sd: number;
  readonly sem: number;
  readonly t: number;
  readonly p: number;
  readonly low: number;
  readonly high: number;
  readonly cohens_d: number;
  readonly cohens_d_of_pairs: number;
}

interface Statistics {
  readonly samples: readonly Sample[];
  readonly sign_tests: readonly (readonly [number, number, number])[];
  readonly mcnemar: readonly (readonly [number, number, number])[];
  readonly wilson: readonly (readonly [number, number, number, number])[];
  readonly kappa: readonly { readonly a: readonly string[]; readonly b: readonly string[]; readonly value: number }[];
  readonly incomplete_beta: readonly (readonly [number, number, number, number])[];
  readonly log_gamma: readonly (readonly [number, number])[];
  readonly t95: readonly (readonly [number, number])[];
  readonly density: {
    readonly sample: readonly number[];
    readonly grid: readonly number[];
    readonly values: readonly number[];
  };
  readonly holm: readonly { readonly p: readonly number[]; readonly corrected: readonly number[] }[];
  readonly bradley_terry: {
    readonly comparisons: readonly Contested[];
    readonly expected: readonly { readonly system: string; readonly score: number; readonly standard_error: number }[];
  };
}

/** Relative to the larger of the reference's size and `floor`. */
function expectNear(ours: number, theirs: number, tolerance: number, floor = 1e-300): void {
  expect(Math.abs(ours - theirs) / Math.max(Math.abs(theirs), floor), `${ours} for ${theirs}`).toBeLessThan(tolerance);
}

describe.each(goldenFolders('statistics.json'))('$name statistics.json', ({ path }) => {
  const golden = readGolden<Statistics>(path, 'statistics.json');

  it.each(golden.samples)(
    'moments, quantiles, paired t and effect sizes of a sample equal scipy and numpy',
    (sample) => {
      const { a, b } = sample;
      const sorted = [...a].sort((x, y) => x - y);
      const differences = a.map((value, at) => value - (b[at] ?? Number.NaN));
      expectNear(mean(a), sample.mean, 1e-12);
      expectNear(standardDeviation(a), sample.sd, 1e-12);
      expectNear(standardError(a), sample.sem, 1e-12);
      for (const [at, share] of sample.shares.entries())
        expectNear(quantile(sorted, share), sample.quantiles[at] ?? Number.NaN, 1e-12);
      const test = pairedT(differences);
      expectNear(test.t, sample.t, 1e-11);
      expectNear(test.p, sample.p, 1e-10);
      expectNear(test.difference.low, sample.low, 1e-10);
      expectNear(test.difference.high, sample.high, 1e-10);
      expect(tInterval(differences)).toEqual(test.difference);
      expectNear(cohensD(a, b), sample.cohens_d, 1e-11);
      expectNear(cohensDOfPairs(differences), sample.cohens_d_of_pairs, 1e-11);
    },
  );

  it("sign test and McNemar's equal scipy and statsmodels", () => {
    for (const [wins, losses, p] of golden.sign_tests) expectNear(signTest(wins, losses), p, 1e-9);
    for (const [wins, losses, p] of golden.mcnemar) expectNear(signTest(wins, losses), p, 1e-9);
  });

  it("Wilson's interval equals statsmodels", () => {
    for (const [hits, rows, low, high] of golden.wilson) {
      expectNear(wilson(hits, rows).low, low, 1e-12, 1e-3);
      expectNear(wilson(hits, rows).high, high, 1e-12);
    }
  });

  it("Cohen's kappa equals scikit-learn", () => {
    for (const { a, b, value } of golden.kappa) expectNear(cohensKappa(a, b), value, 1e-12);
  });

  it('the functions beneath equal scipy', () => {
    for (const [x, a, b, value] of golden.incomplete_beta) expectNear(incompleteBeta(x, a, b), value, 1e-10);
    for (const [x, value] of golden.log_gamma) expectNear(logGamma(x), value, 1e-13, 1);
    for (const [freedom, value] of golden.t95) expectNear(t95(freedom), value, 1e-11);
  });

  it("Holm's correction equals statsmodels, and what is no test takes no part in it", () => {
    for (const { p, corrected } of golden.holm) {
      for (const [at, value] of holm(p).entries()) expectNear(value, corrected[at] ?? Number.NaN, 1e-14);
      for (const [at, value] of holm([Number.NaN, ...p]).entries())
        if (at === 0) expect(value).toBeNaN();
        else expectNear(value, corrected[at - 1] ?? Number.NaN, 1e-14);
    }
    expect(holm([])).toEqual([]);
  });

  it('the density equals scipy', () => {
    const { sample, grid, values } = golden.density;
    const ours = gaussianDensity(sample, grid) ?? [];
    for (const [at, value] of values.entries()) expectNear(ours[at] ?? Number.NaN, value, 1e-10, 1e-8);
  });

  it('strengths of four systems equal a binomial regression of statsmodels with errors clustered by prompt', () => {
    const { comparisons, expected } = golden.bradley_terry;
    const { n, prompts, systems } = bradleyTerry(comparisons);
    expect([n, prompts]).toEqual([comparisons.length, new Set(comparisons.map(({ prompt }) => prompt)).size]);
    expect(systems.map(({ system }) => system)).toEqual(expected.map(({ system }) => system));
    for (const [at, { score, standard_error }] of expected.entries()) {
      expectNear(systems[at]?.score.value ?? Number.NaN, score, 1e-9);
      expectNear(systems[at]?.standardError ?? Number.NaN, standard_error, 1e-9);
    }
  });
});
