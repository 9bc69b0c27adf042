import { activation } from '../nn/activations.js';
import { Linear } from '../nn/linear.js';
import { standardNorm } from '../nn/norms.js';
import type { Architecture } from './causal-lm.js';
import { decoder, parallelLayer, preNormLayer } from './decoder.js';
import { readSizes } from './model-sizes.js';
import { plainMlp } from './plain-mlp.js';
import { rotaryFromConfig } from './rope-config.js';
import { interleavedProjection, selfAttention } from './self-attention.js';
import { vocabularyEnds } from './vocabulary-ends.js';

/** GPT-NeoX and Pythia (arXiv 2204.06745): attention and MLP side by side, or in turn where the config says so. */
export const gptNeox: Architecture = {
  modelType: 'gpt_neox',
  className: 'GPTNeoXForCausalLM',
  prefix: 'gpt_neox.',
  build(config, store) {
    const sizes = readSizes(config);
    const { hidden, headSize } = sizes;
    const epsilon = config.number('layer_norm_eps', 1e-5);
    const intermediate = config.number('intermediate_size');
    const act = activation(config.text('hidden_act', 'gelu'));
    const bias = config.flag('attention_bias', true);
    const rotary = rotaryFromConfig(config, headSize, { share: 0.25 });
    const layerForm = config.flag('use_parallel_residual', true) ? parallelLayer : preNormLayer;
    const norm = (name: string) => standardNorm(store, name, hidden, epsilon);
    const ends = vocabularyEnds(config, store, [sizes.vocabulary, hidden], {
      embedding: 'gpt_neox.embed_in',
      paddingIsFrozen: false,
      head: 'embed_out',
      tied: false,
    });
    const layers = Array.from({ length: sizes.layers }, (_, layer) => {
      const prefix = `gpt_neox.layers.${layer}`;
      const attentionLinear = (name: string, out: number) =>
        new Linear(store, `${prefix}.attention.${name}`, { in: hidden, out, bias });
      return layerForm({
        attentionNorm: norm(`${prefix}.input_layernorm`),
        attention: selfAttention({
          layer,
          project: interleavedProjection(attentionLinear('query_key_value', 3 * hidden), headSize),
          output: attentionLinear('dense', hidden),
          options: { scale: headSize ** -0.5 },
          rotary,
        }),
        mlpNorm: norm(`${prefix}.post_attention_layernorm`),
        mlp: plainMlp(
          store,
          { first: `${prefix}.mlp.dense_h_to_4h`, second: `${prefix}.mlp.dense_4h_to_h` },
          { hidden, intermediate, bias: true },
          act,
        ),
      });
    });
    return decoder({
      config,
      sizes,
      store,
      embed: (ids) => ends.embed(ids),
      layers,
      finish: norm('gpt_neox.final_layer_norm'),
      head: ends.head,
    });
  },
};
