import { ParameterStore } from '../nn/parameter-store.js';
import type { CausalLM } from './causal-lm.js';
import type { ModelConfig } from './model-config.js';
import { RandomSource } from './parameter-sources.js';
import { architectureOf } from './registry.js';

/**
 * A model of random float32 weights for pretraining: N(0, `initializer_range`²), zero biases, unit norms; the same seed
 * gives the same weights. The spread is 0.02 where the config names none.
 *
 * @throws OrpoError `model` for a config that does not fit
 */
export function randomModel(config: ModelConfig, seed: number): CausalLM {
  const spread = config.number('initializer_range', config.number('init_std', 0.02));
  const source = new RandomSource(seed, spread);
  const store = new ParameterStore(source);
  try {
    return architectureOf(config).build(config, store);
  } catch (error) {
    store.dispose();
    throw error;
  } finally {
    source.dispose();
  }
}
