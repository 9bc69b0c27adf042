import { activation } from '../nn/activations.js';
import { standardNorm } from '../nn/norms.js';
import type { Architecture } from './causal-lm.js';
import { decoder, parallelLayer } from './decoder.js';
import { readSizes } from './model-sizes.js';
import { plainMlp } from './plain-mlp.js';
import { rotaryFromConfig } from './rope-config.js';
import { separateAttention } from './separate-attention.js';
import { vocabularyEnds } from './vocabulary-ends.js';

/** Phi-1 to Phi-2 (arXiv 2306.11644): attention and MLP side by side over one norm, biases everywhere. */
export const phi: Architecture = {
  modelType: 'phi',
  className: 'PhiForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const sizes = readSizes(config);
    const { hidden, headSize } = sizes;
    const epsilon = config.number('layer_norm_eps', 1e-5);
    const intermediate = config.number('intermediate_size');
    const act = activation(config.text('hidden_act', 'gelu_new'));
    const rotary = rotaryFromConfig(config, headSize, { share: 0.5 });
    const headNorms = config.flag('qk_layernorm', false);
    const norm = (name: string, size = hidden) => standardNorm(store, name, size, epsilon);
    const ends = vocabularyEnds(config, store, [sizes.vocabulary, hidden], {
      embedding: 'model.embed_tokens',
      paddingIsFrozen: true,
      head: 'lm_head',
      tied: false,
      headBias: true,
    });
    const layers = Array.from({ length: sizes.layers }, (_, layer) => {
      const prefix = `model.layers.${layer}`;
      const shared = norm(`${prefix}.input_layernorm`);
      return parallelLayer({
        attentionNorm: shared,
        attention: separateAttention(store, `${prefix}.self_attn`, sizes, {
          layer,
          bias: true,
          outputName: 'dense',
          rotary,
          queryNorm: headNorms ? norm(`${prefix}.self_attn.q_layernorm`, headSize) : undefined,
          keyNorm: headNorms ? norm(`${prefix}.self_attn.k_layernorm`, headSize) : undefined,
        }),
        mlpNorm: shared,
        mlp: plainMlp(
          store,
          { first: `${prefix}.mlp.fc1`, second: `${prefix}.mlp.fc2` },
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
      finish: norm('model.final_layernorm'),
      head: ends.head,
    });
  },
};
