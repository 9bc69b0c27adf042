import type { Norm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Head } from '../nn/token-log-probs.js';
import type { Tensor } from '../torch/index.js';
import type { CausalLM, ModelSizes } from './causal-lm.js';
import { ForwardState, type Layer } from './forward-state.js';
import type { ModelConfig } from './model-config.js';

export interface DecoderParts {
  readonly config: ModelConfig;
  readonly sizes: ModelSizes;
  readonly store: ParameterStore;
  /** Token ids `[N]` at positions `[N]` -> `[N, D]`. */
  embed(ids: Tensor, positions: Tensor): Tensor;
  readonly layers: readonly Layer[];
  /** What follows the last layer: a norm, a projection, both or nothing. */
  finish(hidden: Tensor): Tensor;
  readonly head: Head;
}

/** A stack of layers between an embedding and a head. */
export function decoder(parts: DecoderParts): CausalLM {
  const { config, sizes, store, head } = parts;
  return {
    architecture: config.modelType,
    sizes,
    store,
    head,
    hidden(inputIds, context) {
      let hidden = parts.embed(inputIds, context.positions);
      const state = new ForwardState(context, hidden.dtype);
      for (const layer of parts.layers) hidden = layer(hidden, state);
      return parts.finish(hidden);
    },
  };
}

/** x + attention(norm(x)), then x + mlp(norm(x)). */
export function preNormLayer(parts: {
  attentionNorm: Norm;
  attention: Layer;
  mlpNorm: Norm;
  mlp: (input: Tensor) => Tensor;
}): Layer {
  return (hidden, state) => {
    const attended = hidden.add(parts.attention(parts.attentionNorm(hidden), state));
    return attended.add(parts.mlp(parts.mlpNorm(attended)));
  };
}
