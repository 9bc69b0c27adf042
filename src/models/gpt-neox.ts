import { Linear } from '../nn/linear.js';
import type { Architecture } from './causal-lm.js';
import { readSizes } from './model-sizes.js';
import { parallelForm } from './parallel-form.js';
import { rotaryFromConfig } from './rope-config.js';
import { interleavedProjection, selfAttention } from './self-attention.js';

/** GPT-NeoX and Pythia (arXiv 2204.06745): attention and MLP side by side, or in turn where the config says so. */
export const gptNeox: Architecture = {
  modelType: 'gpt_neox',
  className: 'GPTNeoXForCausalLM',
  prefix: 'gpt_neox.',
  build(config, store) {
    const sizes = readSizes(config);
    const { hidden, headSize } = sizes;
    const bias = config.flag('attention_bias', true);
    const rotary = rotaryFromConfig(config, headSize, { share: 0.25 });
    return parallelForm(config, store, {
      sizes,
      ends: { embedding: 'gpt_neox.embed_in', paddingIsFrozen: false, head: 'embed_out' },
      layers: 'gpt_neox.layers',
      finalNorm: 'gpt_neox.final_layer_norm',
      mlp: { first: 'dense_h_to_4h', second: 'dense_4h_to_h' },
      activation: 'gelu',
      sharedNorm: false,
      parallel: config.flag('use_parallel_residual', true),
      attention(layer, prefix) {
        const linear = (name: string, out: number) =>
          new Linear(store, `${prefix}.attention.${name}`, { in: hidden, out, bias });
        return selfAttention({
          layer,
          project: interleavedProjection(linear('query_key_value', 3 * hidden), headSize),
          output: linear('dense', hidden),
          options: { scale: headSize ** -0.5 },
          rotary,
        });
      },
    });
  },
};
