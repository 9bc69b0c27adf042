import { gating } from '../nn/gating.js';
import { offsetRmsNorm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { RotarySpec } from '../nn/rotary.js';
import { fromNumbers, scope, type Tensor } from '../torch/index.js';
import type { CausalLM, ModelSizes } from './causal-lm.js';
import { sandwichLayer } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { gatedMlp } from './gated-mlp.js';
import { type LayerKind, SLIDING } from './layer-windows.js';
import type { ModelConfig } from './model-config.js';
import { separateAttention } from './separate-attention.js';

/** Where Gemma 2 and 3 differ. */
export interface GemmaForm {
  readonly sizes: ModelSizes;
  readonly kinds: readonly LayerKind[];
  readonly rotary: Readonly<Record<LayerKind, RotarySpec>>;
  readonly headNorms: boolean;
}

/** Norms that add one to their weights, before and after attention and MLP; scaled embedding; caps on scores. */
export function gemmaForm(config: ModelConfig, store: ParameterStore, form: GemmaForm): CausalLM {
  const { sizes, kinds, headNorms } = form;
  const { hidden, headSize } = sizes;
  const epsilon = config.share('rms_norm_eps', 1e-6);
  const intermediate = config.count('intermediate_size');
  const gated = gating(config.text('hidden_activation', 'gelu_pytorch_tanh'));
  const bias = config.flag('attention_bias', false);
  const scale = config.positive('query_pre_attn_scalar', 256) ** -0.5;
  const window = config.has('sliding_window') ? config.optionalCount('sliding_window') : 4096;
  const softcap = config.optionalPositive('attn_logit_softcapping');
  const norm = (name: string, size = hidden) => offsetRmsNorm(store, name, size, epsilon);
  return gatedDecoder(config, store, {
    sizes,
    tied: true,
    softcap: config.optionalPositive('final_logit_softcapping'),
    scaleEmbedding: (rows) => rows.mul(roundedRoot(hidden, rows)),
    norm,
    layer(layer, prefix) {
      const kind = kinds[layer] ?? SLIDING;
      return sandwichLayer({
        attentionNorm: norm(`${prefix}.input_layernorm`),
        attention: separateAttention(store, `${prefix}.self_attn`, sizes, {
          layer,
          bias,
          scale,
          rotary: form.rotary[kind],
          window: kind === SLIDING ? window : undefined,
          softcap,
          queryNorm: headNorms ? norm(`${prefix}.self_attn.q_norm`, headSize) : undefined,
          keyNorm: headNorms ? norm(`${prefix}.self_attn.k_norm`, headSize) : undefined,
        }),
        afterAttentionNorm: norm(`${prefix}.post_attention_layernorm`),
        mlpNorm: norm(`${prefix}.pre_feedforward_layernorm`),
        mlp: gatedMlp(store, `${prefix}.mlp`, { hidden, intermediate }, gated),
        afterMlpNorm: norm(`${prefix}.post_feedforward_layernorm`),
      });
    },
  });
}

/** sqrt(size) as the dtype of `like` holds it. */
function roundedRoot(size: number, like: Tensor): number {
  return scope(() => fromNumbers([Math.sqrt(size)], { shape: [], dtype: like.dtype }).item());
}
