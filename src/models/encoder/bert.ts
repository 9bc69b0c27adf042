import { activation } from '../../nn/activations.js';
import type { AttentionContext } from '../../nn/attention-context.js';
import { Linear } from '../../nn/linear.js';
import { standardNorm } from '../../nn/norms.js';
import type { ParameterStore } from '../../nn/parameter-store.js';
import { embedding, type Tensor } from '../../torch/index.js';
import type { ModelSizes } from '../causal-lm.js';
import { postNormLayer } from '../decoder.js';
import { ForwardState } from '../forward-state.js';
import type { ModelConfig } from '../model-config.js';
import { readSizes } from '../model-sizes.js';
import { plainMlp } from '../plain-mlp.js';
import { selfAttention, separateProjections } from '../self-attention.js';

/** A model that reads whole sequences and predicts nothing. */
export interface Encoder {
  readonly sizes: ModelSizes;
  readonly store: ParameterStore;
  /** Token row `[N]` int64 -> hidden states `[N, D]`. */
  hidden(inputIds: Tensor, context: AttentionContext): Tensor;
}

/** First part of the names, which checkpoints of the bare encoder leave out. */
export const BERT_PREFIX = 'bert.';

/** What BERT checkpoints hold besides the encoder: the pooler over [CLS], and the heads it was pretrained with. */
export const BERT_EXTRAS = /^(bert\.)?(pooler|cls)\./;

/**
 * BERT (arXiv 1810.04805): learned positions, a norm after each part, all tokens in the first segment.
 *
 * @throws OrpoError `model` for a config of another architecture or of positions that are not absolute
 */
export function bert(config: ModelConfig, store: ParameterStore): Encoder {
  if (config.modelType !== 'bert') throw config.fault('model_type', '"bert", the one encoder known,');
  if (config.text('position_embedding_type', 'absolute') !== 'absolute')
    throw config.fault('position_embedding_type', '"absolute"');
  if (config.flag('is_decoder', false)) throw config.fault('is_decoder', 'false');
  const sizes = readSizes(config, { learnedPositions: true });
  const { hidden, headSize } = sizes;
  const intermediate = config.count('intermediate_size');
  const epsilon = config.share('layer_norm_eps', 1e-12);
  const act = activation(config.text('hidden_act', 'gelu'));
  const norm = (name: string) => standardNorm(store, `${BERT_PREFIX}${name}`, hidden, epsilon);
  const table = (name: string, rows: number) =>
    store.take(`${BERT_PREFIX}embeddings.${name}_embeddings.weight`, [rows, hidden]);

  const words = table('word', sizes.vocabulary);
  const positions = table('position', sizes.positions);
  const segments = table('token_type', config.count('type_vocab_size', 2));
  const finishEmbedding = norm('embeddings.LayerNorm');
  const layers = Array.from({ length: sizes.layers }, (_, layer) => {
    const prefix = `encoder.layer.${layer}`;
    const square = (name: string) =>
      new Linear(store, `${BERT_PREFIX}${prefix}.attention.${name}`, { in: hidden, out: hidden, bias: true });
    return postNormLayer({
      attentionNorm: norm(`${prefix}.attention.output.LayerNorm`),
      attention: selfAttention({
        layer,
        project: separateProjections(square('self.query'), square('self.key'), square('self.value'), headSize),
        output: square('output.dense'),
        options: { scale: headSize ** -0.5 },
      }),
      mlpNorm: norm(`${prefix}.output.LayerNorm`),
      mlp: plainMlp(
        store,
        {
          first: `${BERT_PREFIX}${prefix}.intermediate.dense`,
          second: `${BERT_PREFIX}${prefix}.output.dense`,
        },
        { hidden, intermediate, bias: true },
        act,
      ),
    });
  });

  return {
    sizes,
    store,
    hidden(inputIds, context) {
      const looked = embedding(words.value, inputIds).add(segments.value.narrow(0, 0, 1));
      let rows = finishEmbedding(looked.add(embedding(positions.value, context.positions)));
      const state = new ForwardState(context, rows.dtype, store.work);
      for (const layer of layers) rows = layer(rows, state);
      return rows;
    },
  };
}
