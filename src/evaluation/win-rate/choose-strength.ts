import { dot } from '../../statistics/dot.js';
import { crossEntropy, type LogisticRows, logisticRegression } from '../../statistics/logistic-regression.js';

const FOLDS = 5;
// scikit-learn's ten, evenly spaced in the logarithm
const STRENGTHS = Array.from({ length: 10 }, (_, i) => 10 ** (-4 + (8 * i) / 9));

/**
 * The strength under which rows predict rows they were not fitted to best, by the mean over five folds of the weighted
 * cross-entropy; the smaller of equals. Every fifth row makes a fold, so the choice depends on the order of the rows.
 */
export function chooseStrength(rows: LogisticRows): number {
  const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
  const losses = STRENGTHS.map(() => 0);
  for (const fold of folds) {
    const inside = take(rows, (at) => at % FOLDS !== fold);
    const outside = take(rows, (at) => at % FOLDS === fold);
    let w: number[] | undefined;
    for (const [at, strength] of STRENGTHS.entries()) {
      w = logisticRegression(inside, strength, w);
      losses[at] = (losses[at] ?? 0) + loss(outside, w);
    }
  }
  return STRENGTHS[losses.indexOf(Math.min(...losses))] ?? 1;
}

function take({ features, targets, weights }: LogisticRows, wanted: (at: number) => boolean): LogisticRows {
  const pick = <T>(list: readonly T[]): T[] => list.filter((_, at) => wanted(at));
  return { features: pick(features), targets: pick(targets), weights: weights && pick(weights) };
}

/** Weights are not divided out, as in the source: folds hold like shares of them. */
function loss({ features, targets, weights }: LogisticRows, w: readonly number[]): number {
  const sum = features.reduce((so, row, i) => so + (weights?.[i] ?? 1) * crossEntropy(targets[i] ?? 0, dot(row, w)), 0);
  return sum / features.length;
}
