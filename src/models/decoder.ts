import type { Norm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import { Recompute } from '../nn/recompute.js';
import type { Head } from '../nn/token-log-probs.js';
import { span, spanned, type Tensor } from '../torch/index.js';
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

/** A stack of layers between an embedding and a head. Of a layer only what the backward pass needs outlives it. */
export function decoder(parts: DecoderParts): CausalLM {
  const { config, sizes, store, head } = parts;
  const recompute = new Recompute(store.work);
  return {
    architecture: config.modelType,
    sizes,
    store,
    head,
    recompute,
    hidden(inputIds, context) {
      store.work.forward(inputIds.size(0));
      let hidden = span('embedding', () => parts.embed(inputIds, context.positions));
      const state = new ForwardState(context, hidden.dtype, store.work);
      parts.layers.forEach((layer, index) => {
        hidden = recompute.run(index, hidden, (input) => layer(input, state));
      });
      return span('norm', () => parts.finish(hidden));
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

/** The parts, each with a floor of its own in profiles. */
function profiled({ attentionNorm, attention, mlpNorm, mlp }: LayerParts): LayerParts {
  const norm = spanned('norm', attentionNorm);
  return {
    attentionNorm: norm,
    attention: spanned('attention', attention),
    mlpNorm: mlpNorm === attentionNorm ? norm : spanned('norm', mlpNorm),
    mlp: spanned('mlp', mlp),
  };
}

/** x + attention(norm(x)), then x + mlp(norm(x)). */
export function preNormLayer(layer: LayerParts): Layer {
  const parts = profiled(layer);
  return (hidden, state) => {
    const attended = hidden.add(parts.attention(parts.attentionNorm(hidden), state));
    return attended.add(parts.mlp(parts.mlpNorm(attended)));
  };
}

/** norm(x + attention(x)), then norm(x + mlp(x)). */
export function postNormLayer(layer: LayerParts): Layer {
  const parts = profiled(layer);
  return (hidden, state) => {
    const attended = parts.attentionNorm(hidden.add(parts.attention(hidden, state)));
    return parts.mlpNorm(attended.add(parts.mlp(attended)));
  };
}

/** x + attention(norm(x)) + mlp(norm(x)); a norm that both share is computed once. */
export function parallelLayer(layer: LayerParts): Layer {
  const parts = profiled(layer);
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
