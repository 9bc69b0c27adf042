import { Parameter } from '../nn/parameter.js';
import { ParameterStore } from '../nn/parameter-store.js';
import { WorkCount } from '../nn/work.js';
import { type DType, scope, zeros } from '../torch/index.js';
import type { CausalLM, ModelSizes } from './causal-lm.js';
import { ModelConfig } from './model-config.js';
import { RandomSource } from './parameter-sources.js';
import { architectureOf } from './registry.js';

/**
 * A model of all shapes and no weights: each matrix is one zero, seen from everywhere. Passes through it count what passes
 * through the real one would, and take hardly any memory.
 *
 * @throws OrpoError `model` for a config that does not fit
 */
export function outlineModel(config: ModelConfig, work: WorkCount): CausalLM {
  const take = (name: string, shape: readonly number[]): Parameter =>
    scope(
      () =>
        new Parameter(
          name,
          shape.length < 2 ? zeros(shape, { dtype: 'float32' }) : zeros([1], { dtype: 'float32' }).expand(shape),
        ),
    );
  return built(config, new ParameterStore({ take }, work));
}

/** The first `layers` layers of a model, and its ends, with random weights; what it computes means nothing. */
export function sliceModel(config: ModelConfig, layers: number, dtype: DType, work: WorkCount): CausalLM {
  const source = new RandomSource(1, 0.02, dtype);
  try {
    return built(withLayers(config, layers), new ParameterStore(source, work));
  } finally {
    source.dispose();
  }
}

/** The sizes a config comes to. */
export function readSizesOf(config: ModelConfig): ModelSizes {
  const model = outlineModel(config, new WorkCount());
  model.store.dispose();
  return model.sizes;
}

function built(config: ModelConfig, store: ParameterStore): CausalLM {
  try {
    return architectureOf(config).build(config, store);
  } catch (error) {
    store.dispose();
    throw error;
  }
}

const LAYER_KEYS = ['num_hidden_layers', 'n_layer'];

function withLayers(config: ModelConfig, layers: number): ModelConfig {
  const types = config.texts('layer_types');
  return new ModelConfig(
    {
      ...config.values,
      ...Object.fromEntries(LAYER_KEYS.filter((key) => config.has(key)).map((key) => [key, layers])),
      ...(types === undefined ? {} : { layer_types: types.slice(0, layers) }),
    },
    config.origin,
  );
}
