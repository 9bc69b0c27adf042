import { gating } from '../nn/gating.js';
import { rmsNorm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { CausalLM } from './causal-lm.js';
import { preNormLayer } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { gatedMlp } from './gated-mlp.js';
import type { ModelConfig } from './model-config.js';
import { readSizes } from './model-sizes.js';
import { rotaryFromConfig } from './rope-config.js';
import { separateAttention } from './separate-attention.js';

/** Where the relatives of Llama differ. */
export interface LlamaForm {
  /** Biases of the query, key and value projections. */
  readonly bias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** RMS norms over each head of query and key. */
  readonly headNorms: boolean;
  /** Sliding window of a layer. */
  window(layer: number): number | undefined;
}

/** RMS norms before attention and a gated MLP, rotary positions: Llama (arXiv 2302.13971) and its relatives. */
export function llamaForm(config: ModelConfig, store: ParameterStore, form: LlamaForm): CausalLM {
  const sizes = readSizes(config);
  const { hidden, headSize } = sizes;
  const epsilon = config.share('rms_norm_eps', 1e-6);
  const intermediate = config.count('intermediate_size');
  const gated = gating(config.text('hidden_act', 'silu'));
  const rotary = rotaryFromConfig(config, headSize);
  const norm = (name: string, size: number) => rmsNorm(store, name, size, epsilon);
  return gatedDecoder(config, store, {
    sizes,
    tied: false,
    norm: (name) => norm(name, hidden),
    layer: (layer, prefix) =>
      preNormLayer({
        attentionNorm: norm(`${prefix}.input_layernorm`, hidden),
        attention: separateAttention(store, `${prefix}.self_attn`, sizes, {
          layer,
          bias: form.bias,
          outputBias: form.outputBias,
          rotary,
          window: form.window(layer),
          queryNorm: form.headNorms ? norm(`${prefix}.self_attn.q_norm`, headSize) : undefined,
          keyNorm: form.headNorms ? norm(`${prefix}.self_attn.k_norm`, headSize) : undefined,
        }),
        mlpNorm: norm(`${prefix}.post_attention_layernorm`, hidden),
        mlp: gatedMlp(store, `${prefix}.mlp`, { hidden, intermediate, bias: form.mlpBias }, gated),
      }),
  });
}
