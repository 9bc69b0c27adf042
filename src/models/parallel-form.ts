import { activation } from '../nn/activations.js';
import { type Norm, standardNorm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { CausalLM, ModelSizes } from './causal-lm.js';
import { decoder, parallelLayer, preNormLayer } from './decoder.js';
import type { Layer } from './forward-state.js';
import type { ModelConfig } from './model-config.js';
import { plainMlp } from './plain-mlp.js';
import { type EndNames, vocabularyEnds } from './vocabulary-ends.js';

/** Where Phi and GPT-NeoX differ. */
export interface ParallelForm {
  readonly sizes: ModelSizes;
  readonly ends: Omit<EndNames, 'tied'>;
  /** Layer 0 lies under `layers.0`. */
  readonly layers: string;
  readonly finalNorm: string;
  /** The two projections of the MLP, below `mlp`. */
  readonly mlp: { readonly first: string; readonly second: string };
  /** What an absent `hidden_act` means. */
  readonly activation: string;
  /** The MLP reads the norm that attention reads, and has none of its own. */
  readonly sharedNorm: boolean;
  /** Attention and MLP side by side, else in turn. */
  readonly parallel: boolean;
  /** The attention of a layer, its parameters under `prefix`. `norm` makes a norm of the form's own kind. */
  attention(layer: number, prefix: string, norm: (name: string, size: number) => Norm): Layer;
}

/** Standard norms, attention and MLP side by side, a head of its own: GPT-NeoX (arXiv 2204.06745) and its relatives. */
export function parallelForm(config: ModelConfig, store: ParameterStore, form: ParallelForm): CausalLM {
  const { sizes } = form;
  const { hidden } = sizes;
  const epsilon = config.share('layer_norm_eps', 1e-5);
  const intermediate = config.count('intermediate_size');
  const act = activation(config.text('hidden_act', form.activation));
  const wired = form.parallel ? parallelLayer : preNormLayer;
  const norm = (name: string, size = hidden) => standardNorm(store, name, size, epsilon);
  const ends = vocabularyEnds(config, store, [sizes.vocabulary, hidden], { ...form.ends, tied: false });
  const layers = Array.from({ length: sizes.layers }, (_, layer) => {
    const prefix = `${form.layers}.${layer}`;
    const attentionNorm = norm(`${prefix}.input_layernorm`);
    return wired({
      attentionNorm,
      attention: form.attention(layer, prefix, norm),
      mlpNorm: form.sharedNorm ? attentionNorm : norm(`${prefix}.post_attention_layernorm`),
      mlp: plainMlp(
        store,
        { first: `${prefix}.mlp.${form.mlp.first}`, second: `${prefix}.mlp.${form.mlp.second}` },
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
    finish: norm(form.finalNorm),
    head: ends.head,
  });
}
