import { attachLora } from '../../adapters/attach.js';
import type { AdapterConfig } from '../../adapters/config.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { ModelConfig } from '../../models/model-config.js';
import { sliceModel } from '../../models/model-outline.js';
import { freshScore, isRewardConfig, withScore } from '../../models/reward-head.js';
import { AdamW } from '../../nn/adamw.js';
import { gatherGradients } from '../../nn/gather-gradients.js';
import { gradientNorm } from '../../nn/gradient-norm.js';
import type { Parameter } from '../../nn/parameter.js';
import { WorkCount } from '../../nn/work.js';
import { applyGradients } from '../loops/apply-gradients.js';

export interface SliceOptions {
  readonly config: ModelConfig;
  readonly layers: number;
  readonly adapter: AdapterConfig | undefined;
  readonly precision: 'fp32' | 'bf16';
}

/** A few layers of a model as a run would train them, with random weights. */
export interface Slice {
  readonly model: CausalLM;
  readonly layers: number;
  readonly trained: readonly Parameter[];
  /** Gathers what a backward pass left. */
  gather(): void;
  /** Moves the weights by what was gathered. */
  move(): void;
  dispose(): void;
}

export function makeSlice({ config, layers, adapter, precision }: SliceOptions): Slice {
  const dtype = precision === 'bf16' ? 'bfloat16' : 'float32';
  const decoder = sliceModel(config, layers, adapter === undefined ? 'float32' : dtype, new WorkCount());
  const { store } = decoder;
  const width = decoder.head.weight.shape[1] ?? 0;
  const model = isRewardConfig(config) ? withScore(decoder, freshScore(store, width, 1)) : decoder;
  const lora = adapter && attachLora(store, adapter, 1);
  const score = model.score === undefined || lora === undefined ? [] : [model.score];
  const trained = lora === undefined ? [...store.parameters.values()] : [...lora.parameters, ...score];
  for (const parameter of trained) parameter.train(parameter === model.score ? 'float32' : dtype);
  const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  return {
    model,
    layers,
    trained,
    gather: () => gatherGradients(trained),
    // gradients of a run are clipped more often than not
    move: () =>
      applyGradients(trained, optimiser, { norm: Math.max(2, gradientNorm(trained)), clip: 1, learningRate: 1e-9 }),
    dispose: () => {
      optimiser.dispose();
      lora?.dispose();
      store.dispose();
    },
  };
}
