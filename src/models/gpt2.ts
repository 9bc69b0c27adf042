import { activation } from '../nn/activations.js';
import { Linear } from '../nn/linear.js';
import { standardNorm } from '../nn/norms.js';
import { embedding } from '../torch/index.js';
import type { Architecture } from './causal-lm.js';
import { decoder, preNormLayer } from './decoder.js';
import { readSizes } from './model-sizes.js';
import { plainMlp } from './plain-mlp.js';
import { joinedProjection, selfAttention } from './self-attention.js';
import { vocabularyEnds } from './vocabulary-ends.js';

const SIZES = {
  hidden: 'n_embd',
  layers: 'n_layer',
  heads: 'n_head',
  positions: 'n_positions',
  defaultPositions: 1024,
  learnedPositions: true,
} as const;

/** GPT-2: learned positions, standard norms, weights stored `[in, out]`. */
export const gpt2: Architecture = {
  modelType: 'gpt2',
  className: 'GPT2LMHeadModel',
  prefix: 'transformer.',
  build(config, store) {
    const sizes = readSizes(config, SIZES);
    const { hidden, headSize } = sizes;
    const epsilon = config.share('layer_norm_epsilon', 1e-5);
    const intermediate = config.optionalCount('n_inner') ?? 4 * hidden;
    const act = activation(config.text('activation_function', 'gelu_new'));
    const scaled = config.flag('scale_attn_weights', true);
    const byDepth = config.flag('scale_attn_by_inverse_layer_idx', false);
    const norm = (name: string) => standardNorm(store, name, hidden, epsilon);
    const ends = vocabularyEnds(config, store, [sizes.vocabulary, hidden], {
      embedding: 'transformer.wte',
      paddingIsFrozen: false,
      head: 'lm_head',
      tied: true,
    });
    const positions = store.take('transformer.wpe.weight', [sizes.positions, hidden]);
    const layers = Array.from({ length: sizes.layers }, (_, layer) => {
      const prefix = `transformer.h.${layer}`;
      const attentionLinear = (name: string, out: number) =>
        new Linear(store, `${prefix}.attn.${name}`, { in: hidden, out, bias: true, transposed: true });
      const scale = (scaled ? headSize ** -0.5 : 1) / (byDepth ? layer + 1 : 1);
      return preNormLayer({
        attentionNorm: norm(`${prefix}.ln_1`),
        attention: selfAttention({
          layer,
          project: joinedProjection(attentionLinear('c_attn', 3 * hidden), sizes),
          output: attentionLinear('c_proj', hidden),
          options: { scale },
        }),
        mlpNorm: norm(`${prefix}.ln_2`),
        mlp: plainMlp(
          store,
          { first: `${prefix}.mlp.c_fc`, second: `${prefix}.mlp.c_proj` },
          { hidden, intermediate, bias: true, transposed: true },
          act,
        ),
      });
    });
    return decoder({
      config,
      sizes,
      store,
      embed: (ids, at) => ends.embed(ids).add(embedding(positions.value, at)),
      layers,
      finish: norm('transformer.ln_f'),
      head: ends.head,
    });
  },
};
