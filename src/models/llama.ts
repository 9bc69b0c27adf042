import { activation } from '../nn/activations.js';
import { Linear } from '../nn/linear.js';
import { rmsNorm } from '../nn/norms.js';
import { embedding } from '../torch/index.js';
import type { Architecture } from './causal-lm.js';
import { decoder, preNormLayer } from './decoder.js';
import { gatedMlp } from './gated-mlp.js';
import { readSizes } from './model-sizes.js';
import { rotaryFromConfig } from './rope-config.js';
import { selfAttention, separateProjections } from './self-attention.js';

/** Llama (arXiv 2302.13971) and what shares its form, SmolLM2 among them: RMS norms, rotary positions, gated MLP. */
export const llama: Architecture = {
  modelType: 'llama',
  build(config, store) {
    const sizes = readSizes(config);
    const epsilon = config.number('rms_norm_eps', 1e-6);
    const bias = config.flag('attention_bias', false);
    const mlpBias = config.flag('mlp_bias', false);
    const intermediate = config.number('intermediate_size');
    const act = activation(config.text('hidden_act', 'silu'));
    const rotary = rotaryFromConfig(config, sizes.headSize);
    const { hidden, heads, keyValueHeads, headSize } = sizes;
    const embed = store.take('model.embed_tokens.weight', [sizes.vocabulary, hidden]);
    const layers = Array.from({ length: sizes.layers }, (_, layer) => {
      const prefix = `model.layers.${layer}`;
      const project = (name: string, out: number) =>
        new Linear(store, `${prefix}.self_attn.${name}_proj`, { in: hidden, out, bias });
      return preNormLayer({
        attentionNorm: rmsNorm(store, `${prefix}.input_layernorm`, hidden, epsilon),
        attention: selfAttention({
          layer,
          project: separateProjections(
            project('q', heads * headSize),
            project('k', keyValueHeads * headSize),
            project('v', keyValueHeads * headSize),
            headSize,
          ),
          output: new Linear(store, `${prefix}.self_attn.o_proj`, { in: heads * headSize, out: hidden, bias }),
          options: { scale: headSize ** -0.5 },
          rotary,
        }),
        mlpNorm: rmsNorm(store, `${prefix}.post_attention_layernorm`, hidden, epsilon),
        mlp: gatedMlp(store, `${prefix}.mlp`, { hidden, intermediate, bias: mlpBias }, act),
      });
    });
    const norm = rmsNorm(store, 'model.norm', hidden, epsilon);
    const tied = config.flag('tie_word_embeddings', false);
    return decoder({
      config,
      sizes,
      store,
      embed: (ids) => embedding(embed.value, ids),
      layers,
      finish: norm,
      head: { weight: tied ? embed : store.take('lm_head.weight', [sizes.vocabulary, hidden]) },
    });
  },
};
