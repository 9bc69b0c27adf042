import type { Architecture } from './causal-lm.js';
import { readSizes } from './model-sizes.js';
import { parallelForm } from './parallel-form.js';
import { rotaryFromConfig } from './rope-config.js';
import { separateAttention } from './separate-attention.js';

/** Phi-1 to Phi-2 (arXiv 2306.11644): attention and MLP side by side over one norm, biases everywhere. */
export const phi: Architecture = {
  modelType: 'phi',
  className: 'PhiForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const sizes = readSizes(config);
    const { headSize } = sizes;
    const rotary = rotaryFromConfig(config, headSize, { share: 0.5 });
    const headNorms = config.flag('qk_layernorm', false);
    return parallelForm(config, store, {
      sizes,
      ends: { embedding: 'model.embed_tokens', paddingIsFrozen: true, head: 'lm_head', headBias: true },
      layers: 'model.layers',
      finalNorm: 'model.final_layernorm',
      mlp: { first: 'fc1', second: 'fc2' },
      activation: 'gelu_new',
      sharedNorm: true,
      parallel: true,
      attention: (layer, prefix, norm) =>
        separateAttention(store, `${prefix}.self_attn`, sizes, {
          layer,
          bias: true,
          outputName: 'dense',
          rotary,
          queryNorm: headNorms ? norm(`${prefix}.self_attn.q_layernorm`, headSize) : undefined,
          keyNorm: headNorms ? norm(`${prefix}.self_attn.k_layernorm`, headSize) : undefined,
        }),
    });
  },
};
