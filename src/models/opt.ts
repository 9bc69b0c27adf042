import { activation } from '../nn/activations.js';
import { Linear } from '../nn/linear.js';
import { type Norm, standardNorm } from '../nn/norms.js';
import { embedding, layerNorm } from '../torch/index.js';
import type { Architecture } from './causal-lm.js';
import { decoder, postNormLayer, preNormLayer } from './decoder.js';
import { readSizes } from './model-sizes.js';
import { plainMlp } from './plain-mlp.js';
import { separateAttention } from './separate-attention.js';
import { vocabularyEnds } from './vocabulary-ends.js';

/** Rows of the position table before that of position 0. */
const POSITION_OFFSET = 2;
const EPSILON = 1e-5;

/** OPT (arXiv 2205.01068): learned positions, norms before or after, an embedding narrower than the layers in one size. */
export const opt: Architecture = {
  modelType: 'opt',
  className: 'OPTForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const sizes = readSizes(config, { learnedPositions: true });
    const { hidden } = sizes;
    const intermediate = config.count('ffn_dim');
    const width = config.count('word_embed_proj_dim', hidden);
    const act = activation(config.text('activation_function', 'relu'));
    const bias = config.flag('enable_bias', true);
    const before = config.flag('do_layer_norm_before', true);
    const layerForm = before ? preNormLayer : postNormLayer;
    const affine = config.flag('layer_norm_elementwise_affine', true);
    const plain: Norm = (input) => layerNorm(input, [hidden], { eps: EPSILON });
    const norm = (name: string) => (affine ? standardNorm(store, name, hidden, EPSILON) : plain);
    const ends = vocabularyEnds(config, store, [sizes.vocabulary, width], {
      embedding: 'model.decoder.embed_tokens',
      paddingIsFrozen: true,
      head: 'lm_head',
      tied: true,
    });
    const positions = store.take('model.decoder.embed_positions.weight', [sizes.positions + POSITION_OFFSET, hidden]);
    const projected = width !== hidden;
    const widen = projected ? new Linear(store, 'model.decoder.project_in', { in: width, out: hidden }) : undefined;
    const layers = Array.from({ length: sizes.layers }, (_, layer) => {
      const prefix = `model.decoder.layers.${layer}`;
      return layerForm({
        attentionNorm: norm(`${prefix}.self_attn_layer_norm`),
        attention: separateAttention(store, `${prefix}.self_attn`, sizes, { layer, bias, outputName: 'out_proj' }),
        mlpNorm: norm(`${prefix}.final_layer_norm`),
        mlp: plainMlp(store, { first: `${prefix}.fc1`, second: `${prefix}.fc2` }, { hidden, intermediate, bias }, act),
      });
    });
    const last = before && !config.flag('_remove_final_layer_norm', false);
    const finalNorm = last ? norm('model.decoder.final_layer_norm') : undefined;
    const narrow = projected ? new Linear(store, 'model.decoder.project_out', { in: hidden, out: width }) : undefined;
    return decoder({
      config,
      sizes,
      store,
      embed(ids, at) {
        const rows = ends.embed(ids);
        return (widen?.forward(rows) ?? rows).add(embedding(positions.value, at.add(POSITION_OFFSET)));
      },
      layers,
      finish(rows) {
        const normed = finalNorm?.(rows) ?? rows;
        return narrow?.forward(normed) ?? normed;
      },
      head: ends.head,
    });
  },
};
