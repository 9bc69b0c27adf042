import { gating } from '../nn/gating.js';
import { Linear } from '../nn/linear.js';
import { rmsNorm } from '../nn/norms.js';
import type { Architecture } from './causal-lm.js';
import { preNormLayer } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { fusedGatedMlp } from './gated-mlp.js';
import { readSizes } from './model-sizes.js';
import { rotaryFromConfig } from './rope-config.js';
import { joinedProjection, selfAttention } from './self-attention.js';

/** Phi-3 and Phi-4 (arXiv 2404.14219): Llama with query, key and value in one matrix, gate and up in another. */
export const phi3: Architecture = {
  modelType: 'phi3',
  className: 'Phi3ForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const sizes = readSizes(config);
    const { hidden, heads, keyValueHeads, headSize } = sizes;
    const epsilon = config.share('rms_norm_eps', 1e-5);
    const intermediate = config.count('intermediate_size');
    const gated = gating(config.text('hidden_act', 'silu'));
    const rotary = rotaryFromConfig(config, headSize);
    const window = config.optionalCount('sliding_window');
    const norm = (name: string) => rmsNorm(store, name, hidden, epsilon);
    return gatedDecoder(config, store, {
      sizes,
      tied: false,
      norm,
      layer(layer, prefix) {
        const fused = new Linear(store, `${prefix}.self_attn.qkv_proj`, {
          in: hidden,
          out: (heads + 2 * keyValueHeads) * headSize,
        });
        return preNormLayer({
          attentionNorm: norm(`${prefix}.input_layernorm`),
          attention: selfAttention({
            layer,
            project: joinedProjection(fused, sizes),
            output: new Linear(store, `${prefix}.self_attn.o_proj`, { in: heads * headSize, out: hidden }),
            options: { scale: headSize ** -0.5, window },
            rotary,
          }),
          mlpNorm: norm(`${prefix}.post_attention_layernorm`),
          mlp: fusedGatedMlp(store, `${prefix}.mlp`, { hidden, intermediate }, gated),
        });
      },
    });
  },
};
