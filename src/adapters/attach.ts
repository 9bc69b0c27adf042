import type { LinearLayer } from '../nn/linear.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import { empty, Generator, zeros } from '../torch/index.js';
import type { AdapterConfig } from './config.js';
import type { LoraWeights } from './lora.js';
import { LoraSet } from './lora-set.js';
import { checkLayers, findTargets } from './targets.js';

/**
 * Hangs fresh adapters on the layers the configuration names. As in PEFT, A is drawn from U(-1/sqrt(in), 1/sqrt(in)) and B
 * is zero, so that nothing changes before the first step; the draws are a function of the seed. `role` goes before the
 * names of parameters, where a model bears several sets.
 *
 * @throws OrpoError `adapter` for a target no layer bears, or a rank too high for a layer.
 */
export function attachLora(store: ParameterStore, config: AdapterConfig, seed: number, role = ''): LoraSet {
  const linears = findTargets(store, config.targets);
  checkLayers(linears, config.rank);
  const generator = new Generator(seed);
  try {
    return new LoraSet(config, linears, (linear) => draw(linear, config.rank, generator), role);
  } finally {
    generator.dispose();
  }
}

function draw(linear: LinearLayer, rank: number, generator: Generator): LoraWeights {
  const bound = linear.in ** -0.5;
  return {
    down: empty([rank, linear.in], { dtype: 'float32' }).uniform_({ from: -bound, to: bound, generator }),
    up: zeros([linear.out, rank], { dtype: 'float32' }),
  };
}
