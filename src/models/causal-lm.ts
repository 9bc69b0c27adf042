import type { AttentionContext } from '../nn/attention-context.js';
import type { Parameter } from '../nn/parameter.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Recompute } from '../nn/recompute.js';
import type { Head } from '../nn/token-log-probs.js';
import type { Tensor } from '../torch/index.js';
import type { ModelConfig } from './model-config.js';

/** The sizes other floors ask for. */
export interface ModelSizes {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Longest sequence the positions allow. */
  readonly positions: number;
  /** Whether positions are a table of vectors, which ends there. */
  readonly learnedPositions: boolean;
}

/** A decoder that scores the next token. */
export interface CausalLM {
  /** `model_type` of its Hugging Face config. */
  readonly architecture: string;
  readonly sizes: ModelSizes;
  readonly store: ParameterStore;
  readonly head: Head;
  /** Which layers are computed again in the backward pass. */
  readonly recompute: Recompute;
  /** `[1, D]`: the scalar head of a reward model, whose vocabulary head stands for nothing. */
  readonly score?: Parameter | undefined;
  /** Token row `[N]` int64 -> final hidden states `[N, D]`, those the head reads. */
  hidden(inputIds: Tensor, context: AttentionContext): Tensor;
}

/** An architecture: builds the model of a config from a parameter store, under Hugging Face names. */
export interface Architecture {
  readonly modelType: string;
  /** The class that `architectures` of a config names. */
  readonly className: string;
  /** The class of its reward models, where that is not named like the others. */
  readonly rewardClassName?: string;
  /** First part of the names, with its dot, which some checkpoints leave out. */
  readonly prefix: string;
  build(config: ModelConfig, store: ParameterStore): CausalLM;
}
