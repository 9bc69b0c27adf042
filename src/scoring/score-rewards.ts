import { buildForest } from '../data/forest.js';
import { microBatches } from '../data/order.js';
import type { Tree } from '../data/tree.js';
import type { CausalLM } from '../models/causal-lm.js';
import { mean, standardDeviation } from '../statistics/moments.js';
import { quantile } from '../statistics/quantile.js';
import { noGrad, scope, toNumbers } from '../torch/index.js';
import { rewardForest } from './reward-forest.js';
import { stepTotals } from './step-totals.js';

/** Rewards of the responses of each tree, in their order, at most `microTokens` tokens at once. */
export function scoreRewards(model: CausalLM, trees: readonly Tree[], microTokens = 4096): number[][] {
  return microBatches(trees, microTokens).flatMap((part) =>
    scope(() =>
      noGrad(() => {
        const step = stepTotals(part, 'response');
        const forest = buildForest(part, { nll: 'response', whole: true });
        const rewards = toNumbers(rewardForest(model, forest, step).sums);
        return part.map(({ branches }, i) =>
          branches.map((_, branch) => rewards[i * step.branches + branch] ?? Number.NaN),
        );
      }),
    ),
  );
}

/** How well a reward model tells chosen from rejected. */
export interface RewardSummary {
  readonly pairs: number;
  /** Share of pairs whose chosen response has the higher reward. */
  readonly accuracy: number;
  /** Mean difference of the rewards. */
  readonly margin: number;
  /** Mean of -log σ(r_w - r_l), nats; ln 2 without any knowledge. */
  readonly loss: number;
  /**
   * Expected calibration error in ten bins (arXiv 1706.04599): how far the shares of pairs it is right about lie from how
   * sure it is, σ(|r_w - r_l|), on average.
   */
  readonly calibrationError: number;
  /** Of all rewards. */
  readonly rewards: RewardDistribution;
}

export interface RewardDistribution {
  readonly mean: number;
  readonly deviation: number;
  /** Quantiles at 5, 25, 50, 75 and 95 %, interpolated. */
  readonly quantiles: readonly number[];
}

const BINS = 10;

/** Sums up the rewards of pairs, `[chosen, rejected]` each. */
export function summariseRewards(pairs: readonly (readonly number[])[]): RewardSummary {
  const margins = pairs.map(([chosen = Number.NaN, rejected = Number.NaN]) => chosen - rejected);
  return {
    pairs: pairs.length,
    accuracy: mean(margins.map((margin) => (margin > 0 ? 1 : 0))),
    margin: mean(margins),
    loss: mean(margins.map((margin) => Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin))))),
    calibrationError: calibrationError(margins),
    rewards: distribution(pairs.flat()),
  };
}

function calibrationError(margins: readonly number[]): number {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, right: 0, sure: 0 }));
  for (const margin of margins) {
    const sure = 1 / (1 + Math.exp(-Math.abs(margin)));
    // from 0.5 to 1
    const bin = bins[Math.min(BINS - 1, Math.floor((sure - 0.5) * 2 * BINS))];
    if (bin === undefined) continue;
    bin.count++;
    bin.sure += sure;
    if (margin > 0) bin.right++;
  }
  return bins.reduce((sum, { right, sure }) => sum + Math.abs(right - sure), 0) / margins.length;
}

function distribution(rewards: readonly number[]): RewardDistribution {
  const sorted = Float64Array.from(rewards).sort();
  return {
    mean: mean(rewards),
    deviation: standardDeviation(rewards),
    quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => quantile(sorted, share)),
  };
}
