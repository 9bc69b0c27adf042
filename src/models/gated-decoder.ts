import type { Norm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Tensor } from '../torch/index.js';
import type { CausalLM, ModelSizes } from './causal-lm.js';
import { decoder } from './decoder.js';
import type { Layer } from './forward-state.js';
import type { ModelConfig } from './model-config.js';
import { vocabularyEnds } from './vocabulary-ends.js';

export interface GatedDecoderParts {
  readonly sizes: ModelSizes;
  /** What an absent `tie_word_embeddings` means. */
  readonly tied: boolean;
  /** The layer of an index, its parameters under `prefix`. */
  layer(index: number, prefix: string): Layer;
  /** The norm after the last layer, `model.norm`. */
  norm(name: string): Norm;
  /** What the embedding rows are multiplied by. */
  scaleEmbedding?(rows: Tensor): Tensor;
  readonly softcap?: number | undefined;
}

/** The frame that Llama's relatives share: `model.embed_tokens`, `model.layers.N`, `model.norm`, `lm_head`. */
export function gatedDecoder(config: ModelConfig, store: ParameterStore, parts: GatedDecoderParts): CausalLM {
  const { sizes, tied, softcap } = parts;
  const ends = vocabularyEnds(config, store, [sizes.vocabulary, sizes.hidden], {
    embedding: 'model.embed_tokens',
    paddingIsFrozen: true,
    head: 'lm_head',
    tied,
    softcap,
  });
  const layers = Array.from({ length: sizes.layers }, (_, index) => parts.layer(index, `model.layers.${index}`));
  return decoder({
    config,
    sizes,
    store,
    embed(ids) {
      const rows = ends.embed(ids);
      return parts.scaleEmbedding?.(rows) ?? rows;
    },
    layers,
    finish: parts.norm('model.norm'),
    head: ends.head,
  });
}
