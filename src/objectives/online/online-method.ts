import type { z } from 'zod';
import type { Tensor } from '../../torch/index.js';
import type { BoundObjective, Contribution, MethodNotes } from '../objective.js';

/** A response that the policy sampled, and what was learnt of it before any update. Log-probs are those of its `n` tokens. */
export interface Sampled {
  /** Which of the update's prompts it answers. */
  readonly group: number;
  readonly reward: number;
  /** `[n]` under the policy that sampled it. */
  readonly logProbs: Float32Array;
  /** `[n]` under the reference. */
  readonly reference?: Float32Array | undefined;
  /** `[n]`: what the critic expected before each token. */
  readonly values?: Float32Array | undefined;
}

/** What a response is pushed by, token by token, and what the critic should have expected. `[n]` each. */
export interface Credit {
  readonly advantages: Float32Array;
  readonly returns?: Float32Array | undefined;
}

/** How an update's rewards become pushes. */
export interface Credits {
  /** One a response, in their order. */
  readonly credits: readonly Credit[];
  readonly metrics: Readonly<Record<string, number>>;
  /** What the method remembers from now on. */
  readonly memory: readonly number[];
}

/** `M` tokens of `R` sampled responses as the policy sees them now, and as they were when they were sampled. */
export interface TokenScores {
  /** `[M]`: log-probs, with gradients. */
  readonly logProbs: Tensor;
  /** `[M]`: the critic's expectations, with gradients. */
  readonly values?: Tensor | undefined;
  readonly before: {
    readonly logProbs: Tensor;
    readonly reference?: Tensor | undefined;
    readonly values?: Tensor | undefined;
    readonly advantages: Tensor;
    readonly returns?: Tensor | undefined;
  };
  /** `[M]` int64: which response each token belongs to. */
  readonly responses: Tensor;
  /** `[R]`: tokens of each response. */
  readonly lengths: Tensor;
  /** Best and worst response of each prompt of which one is better; `[P, 2]` int64. Undefined without any. */
  readonly pairs: Tensor | undefined;
  readonly update: UpdateTotals;
}

/** Counts over all that one optimiser update sees, however it is cut into micro-batches. */
export interface UpdateTotals {
  readonly tokens: number;
  readonly responses: number;
  /** Prompts of which one response is better than another, and the tokens of their best responses. */
  readonly pairs: number;
  readonly bestTokens: number;
  /** Most tokens a response may have. */
  readonly maxTokens: number;
}

/** Learns from its own samples token by token. Pure functions of numbers; the loop never asks the name. */
export interface BoundSampling {
  readonly kind: 'tokens';
  readonly name: string;
  readonly reference: boolean;
  readonly critic: 'own' | 'shared' | undefined;
  /** Compares the best response to a prompt with the worst, so that two are needed. */
  readonly compares: boolean;
  readonly initialMemory: readonly number[];
  credit(responses: readonly Sampled[], memory: readonly number[]): Credits;
  loss(scores: TokenScores): Contribution;
}

/** Makes pairs of the best and the worst of its own samples, and learns from them as from any pairs. */
export interface BoundPairing {
  readonly kind: 'pairs';
  readonly name: string;
  readonly objective: BoundObjective;
}

export type BoundOnline = BoundSampling | BoundPairing;

/** What a method takes for its rollouts where the configuration says nothing. */
export interface RolloutDefaults {
  /** Responses to each prompt. */
  readonly responses: number;
  /** Passes over a rollout. */
  readonly epochs: number;
}

/** A named method that learns from its own samples and their rewards. */
export interface OnlineMethod<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly name: N;
  readonly notes: MethodNotes;
  readonly reference: boolean | 'optional';
  readonly defaults: RolloutDefaults;
  /** Fewest responses to each prompt. */
  readonly leastResponses: number;
  readonly config: S;
  /** The method with these settings. @throws ZodError for settings that do not fit */
  bind(input: unknown): BoundOnline;
}
