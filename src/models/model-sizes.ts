import type { ModelSizes } from './causal-lm.js';
import type { ModelConfig } from './model-config.js';

/** The sizes under the names most configs use. */
export function readSizes(config: ModelConfig): ModelSizes {
  const hidden = config.number('hidden_size');
  const heads = config.number('num_attention_heads');
  return {
    vocabulary: config.number('vocab_size'),
    hidden,
    layers: config.number('num_hidden_layers'),
    heads,
    keyValueHeads: config.number('num_key_value_heads', heads),
    headSize: config.number('head_dim', hidden / heads),
    positions: config.number('max_position_embeddings'),
  };
}
