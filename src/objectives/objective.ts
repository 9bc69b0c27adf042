import type { Tensor } from '../torch/index.js';

/** What one example must hold for an objective. */
export type ObjectiveShape = 'text' | 'pair';

/**
 * Log-probs of the branches of `T` trees with `K` branches each, summed over tokens, fp32.
 * The totals count the whole optimiser step, not this micro-batch, so that a loss divided by them does not depend on
 * how the step was cut into micro-batches.
 */
export interface BranchScores {
  /** `[T, K]`: sum of the log-probs of each branch's tokens. */
  readonly sums: Tensor;
  /** `[T, K]`: tokens of each branch. */
  readonly tokens: Tensor;
  /** `[T]`: sum of the log-probs of each trunk's tokens; 0 where trunks are not scored. */
  readonly trunkSums: Tensor;
  readonly step: StepTotals;
}

export interface StepTotals {
  /** Trees of the whole optimiser step. */
  readonly trees: number;
  /** Tokens the likelihood term averages over: scored trunk tokens and those of each tree's first branch. */
  readonly nllTokens: number;
}

/** A loss and what to log of it. Both are shares of the step: summed over its micro-batches they are its means. */
export interface Contribution {
  readonly loss: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** A pure function from scores to a loss. It knows no model, device or file; the trainer never asks its name. */
export interface Objective<C> {
  readonly name: string;
  readonly shape: ObjectiveShape;
  /** Whether it compares with a frozen reference. */
  readonly reference: boolean;
  loss(policy: BranchScores, reference: BranchScores | undefined, config: C): Contribution;
}
