import type { Norm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Head } from '../nn/token-log-probs.js';
import { scope, type Tensor } from '../torch/index.js';
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
    // of each layer only its output lives on, and what the backward pass needs
    hidden(inputIds, context) {
      store.work.forward(inputIds.size(0));
      let hidden = parts.embed(inputIds, context.positions);
      const state = new ForwardState(context, hidden.dtype, store.work);
      for (const layer of parts.layers) {
        const input = hidden;
        hidden = scope(() => layer(input, state));
        input.dispose();
      }
      return parts.finish(hidden);
    },
  };
}

/** What a layer is put together from. */
export interface LayerParts {
  readonly attentionNorm: Norm;
  readonly attention: Layer;
  readonly mlpNorm: Norm;
  mlp(input: Tensor): Tensor;
}

/** x + attention(norm(x)), then x + mlp(norm(x)). */
export function preNormLayer(parts: LayerParts): Layer {
  return (hidden, state) => {
    const attended = hidden.add(parts.attention(parts.attentionNorm(hidden), state));
    return attended.add(parts.mlp(parts.mlpNorm(attended)));
  };
}

/** norm(x + attention(x)), then norm(x + mlp(x)). */
export function postNormLayer(parts: LayerParts): Layer {
  return (hidden, state) => {
    const attended = parts.attentionNorm(hidden.add(parts.attention(hidden, state)));
    return parts.mlpNorm(attended.add(parts.mlp(attended)));
  };
}

/** x + attention(norm(x)) + mlp(norm(x)); a norm that both share is computed once. */
export function parallelLayer(parts: LayerParts): Layer {
  return (hidden, state) => {
    const forAttention = parts.attentionNorm(hidden);
    const forMlp = parts.mlpNorm === parts.attentionNorm ? forAttention : parts.mlpNorm(hidden);
    return parts.attention(forAttention, state).add(parts.mlp(forMlp)).add(hidden);
  };
}

/** x + norm(attention(norm(x))), then x + norm(mlp(norm(x))). */
export function sandwichLayer(parts: LayerParts & { afterAttentionNorm: Norm; afterMlpNorm: Norm }): Layer {
  return preNormLayer({
    attentionNorm: parts.attentionNorm,
    attention: (input, state) => parts.afterAttentionNorm(parts.attention(input, state)),
    mlpNorm: parts.mlpNorm,
    mlp: (input) => parts.afterMlpNorm(parts.mlp(input)),
  });
}
