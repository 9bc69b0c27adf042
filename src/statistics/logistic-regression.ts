import { dot } from './dot.js';
import { shrunkStep } from './shrunk-step.js';

/** Rows of one regression: `features` are numbers of each row, `targets` 0 to 1, `weights` how much each row counts. */
export interface LogisticRows {
  readonly features: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly weights?: readonly number[] | undefined;
}

/**
 * Coefficients that minimise `|w|₁ + strength · Σ weight · cross-entropy(target, σ(features · w))`: scikit-learn's
 * LogisticRegression with `penalty: l1` and `C: strength`, without an intercept and for targets between 0 and 1 too.
 * The sum is strictly convex in directions the rows tell apart, so the result depends on nothing else. Solved by
 * Newton's quadratic with the penalty, halving steps that do not descend (Yuan, Ho and Lin 2012).
 *
 * @param strength above 0; the larger, the less coefficients shrink
 * @param start coefficients to begin at
 */
export function logisticRegression(rows: LogisticRows, strength: number, start?: readonly number[]): number[] {
  const size = rows.features[0]?.length ?? 0;
  let w = start === undefined ? new Array<number>(size).fill(0) : [...start];
  let loss = penalised(rows, strength, w);
  for (let round = 0; round < 200; round++) {
    const { gradient, curvature } = slopes(rows, strength, w);
    const step = shrunkStep(gradient, curvature, w);
    const largest = Math.max(...step.map(Math.abs));
    if (!(largest > 1e-13 * (1 + Math.max(...w.map(Math.abs))))) break;
    let descended = false;
    for (let scale = 1; scale > 1e-12; scale /= 2) {
      const next = w.map((value, a) => value + scale * (step[a] ?? 0));
      const lower = penalised(rows, strength, next);
      if (lower <= loss) {
        descended = lower < loss;
        [w, loss] = [next, lower];
        break;
      }
    }
    if (!descended) break;
  }
  return w;
}

/** First and second derivatives of the weighted cross-entropy. Plain loops: a bootstrap comes here thousands of times. */
function slopes(
  { features, targets, weights }: LogisticRows,
  strength: number,
  w: readonly number[],
): { gradient: number[]; curvature: number[][] } {
  const size = w.length;
  const gradient = new Array<number>(size).fill(0);
  const curvature = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let i = 0; i < features.length; i++) {
    const row = features[i] ?? [];
    const p = logistic(dot(row, w));
    const share = strength * (weights?.[i] ?? 1);
    const surplus = share * (p - (targets[i] ?? 0));
    const bend = share * p * (1 - p);
    for (let a = 0; a < size; a++) {
      const x = row[a] ?? 0;
      const line = curvature[a] ?? [];
      gradient[a] = (gradient[a] ?? 0) + surplus * x;
      for (let b = 0; b < size; b++) line[b] = (line[b] ?? 0) + bend * x * (row[b] ?? 0);
    }
  }
  return { gradient, curvature };
}

function penalised({ features, targets, weights }: LogisticRows, strength: number, w: readonly number[]): number {
  let loss = 0;
  for (let i = 0; i < features.length; i++)
    loss += (weights?.[i] ?? 1) * crossEntropy(targets[i] ?? 0, dot(features[i] ?? [], w));
  return w.reduce((sum, value) => sum + Math.abs(value), 0) + strength * loss;
}

/** -target · log σ(logit) - (1 - target) · log σ(-logit), stable for any logit. */
export function crossEntropy(target: number, logit: number): number {
  return Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit)));
}

/** σ(x) = 1 / (1 + e^-x). */
export function logistic(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
