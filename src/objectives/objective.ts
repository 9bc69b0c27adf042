import type { z } from 'zod';
import type { Tensor } from '../torch/index.js';

/** What one example must hold for an objective. */
export type ObjectiveShape = 'text' | 'pair' | 'labelled' | 'ranked';

/** What an objective is given of a response: the log-probs of its tokens, or what a scalar head says of the whole. */
export type Reading = 'log-probs' | 'reward';

/**
 * Log-probs of the branches of `T` trees with at most `K` branches each, summed over tokens, fp32.
 * The totals count the whole optimiser step, not this micro-batch, so that a loss divided by them does not depend on
 * how the step was cut into micro-batches.
 */
export interface BranchScores {
  /** `[T, K]`: sum of the log-probs of each branch's tokens, or its reward; 0 where a tree has fewer branches. */
  readonly sums: Tensor;
  /** `[T, K]`: tokens of each branch; 1 where a tree has fewer branches. */
  readonly tokens: Tensor;
  /** `[T]`: sum of the log-probs of each trunk's tokens; 0 where trunks are not scored. */
  readonly trunkSums: Tensor;
  /** `[T]`, labelled responses only: 1 for a liked response, 0 for a disliked one. */
  readonly labels?: Tensor | undefined;
  /** `[T, K]`, rankings only: how good each response is, the best first; NaN where a tree has fewer branches. */
  readonly grades?: Tensor | undefined;
  /** `[T]`, pairs of which this is known only: how likely the first response is the better one, 0 to 1. */
  readonly confidence?: Tensor | undefined;
  /** `[T]`, pairs of which this is known only: by how much the first response is better. */
  readonly margins?: Tensor | undefined;
  readonly step: StepTotals;
}

export interface StepTotals {
  /** Trees of the whole optimiser step. */
  readonly trees: number;
  /** Tokens the likelihood term averages over: scored trunk tokens and those of each tree's first branch. */
  readonly nllTokens: number;
  /** Tokens of each tree's first branch alone. */
  readonly responseTokens: number;
  /** Most branches of any tree: `K`. */
  readonly branches: number;
  /** Liked responses among labelled ones. */
  readonly liked: number;
  /** What an objective remembers of earlier steps and of this one; see `Objective.remember`. */
  readonly memory?: readonly number[] | undefined;
  /** The step's prompts, each with the response of the next example; see `Objective.mismatched`. Without gradients. */
  readonly mismatched?: MismatchedScores | undefined;
}

/** `[T, 1]` each, `T` being the trees of the whole step. */
export interface MismatchedScores {
  readonly sums: Tensor;
  readonly tokens: Tensor;
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
  /** Default `log-probs`. */
  readonly reads?: Reading | undefined;
  /** Whether it compares with a frozen reference; a function where the settings decide. */
  readonly reference: boolean | ((config: C) => boolean);
  /** The loss is no sum over trees: it must see all trees of the step at once. */
  readonly coupled?: boolean | undefined;
  /** It needs every prompt of the step scored with another example's response too. */
  readonly mismatched?: boolean | undefined;
  /**
   * What it carries from step to step. `update` sees all trees of the step, before the loss; evaluation does not call
   * it. The numbers are part of every checkpoint.
   */
  readonly remember?: Memory<C> | undefined;
  loss(policy: BranchScores, reference: BranchScores | undefined, config: C): Contribution;
}

export interface Memory<C> {
  readonly initial: readonly number[];
  update(
    before: readonly number[],
    policy: BranchScores,
    reference: BranchScores | undefined,
    config: C,
  ): readonly number[];
}

/** What people read about a method, on the command line and in docs/methods.md. */
export interface MethodNotes {
  /** The loss in one line. */
  readonly formula: string;
  /** Where the formula is from. */
  readonly source: string;
  /** When to use it, in a sentence. */
  readonly use: string;
}

/** An objective whose settings are bound: only scores are missing. */
export interface BoundObjective {
  readonly name: string;
  readonly shape: ObjectiveShape;
  readonly reads: Reading;
  readonly reference: boolean;
  /** Whether trunks are scored. */
  readonly nll: 'full' | 'response';
  readonly coupled: boolean;
  readonly mismatched: boolean;
  /** What the memory starts from; empty without one. */
  readonly initialMemory: readonly number[];
  loss(policy: BranchScores, reference: BranchScores | undefined): Contribution;
  remember(before: readonly number[], policy: BranchScores, reference: BranchScores | undefined): readonly number[];
}

/** A named method: an objective with its settings and what people read about it. */
export interface Method<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly name: N;
  readonly notes: MethodNotes;
  readonly shape: ObjectiveShape;
  readonly reads: Reading;
  /** `optional`: the settings decide. */
  readonly reference: boolean | 'optional';
  readonly coupled: boolean;
  readonly mismatched: boolean;
  /** Checks settings and fills in defaults. */
  readonly config: S;
  /** The objective with these settings. @throws ZodError for settings that do not fit */
  bind(input: unknown): BoundObjective;
}
