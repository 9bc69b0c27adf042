import type { LoraSet } from '../../adapters/lora-set.js';
import type { TrainingSet } from '../../data/training-set.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { AdamW } from '../../nn/adamw.js';
import type { Parameter } from '../../nn/parameter.js';
import type { BoundObjective } from '../../objectives/objective.js';
import type { Scorer } from '../../scoring/score-trees.js';
import { scope, spanOver } from '../../torch/index.js';
import type { RunConfig } from '../config.js';
import { gradientStep, measure } from '../gradient-step.js';
import type { Plan } from '../plan.js';
import { applyGradients } from './apply-gradients.js';
import type { Loop } from './loop.js';

/** Streams of dropout seeds may not overlap between updates: no update has this many micro-batches. */
const MICRO_BATCHES = 65_536;

export interface OfflineParts {
  readonly model: CausalLM;
  readonly lora: LoraSet | undefined;
  readonly trained: readonly Parameter[];
  readonly optimiser: AdamW;
  readonly objective: BoundObjective;
  readonly reference: Scorer | undefined;
  readonly dataset: TrainingSet;
  readonly plan: Plan;
  readonly training: RunConfig['training'];
}

/** Learns from the responses in the data: one gradient step an update. */
export function offlineLoop(parts: OfflineParts): Loop {
  const { model, lora, trained, optimiser, objective, reference, dataset, plan, training } = parts;
  const { microTokens, clip, seed } = training;
  return {
    writes: objective.reads === 'log-probs',
    async advance({ step, learningRate, memory }) {
      const trees = await spanOver('data', () => plan.batch(step));
      const outcome = scope(() =>
        gradientStep(model, trained, objective, trees, {
          microTokens,
          reference,
          memory,
          around: (index, body) =>
            lora === undefined ? body() : lora.withDropout(dropoutSeed(seed, step * MICRO_BATCHES + index), body),
        }),
      );
      applyGradients(trained, optimiser, { norm: outcome.gradientNorm, clip, learningRate });
      return outcome;
    },
    evaluate: async (memory) => measure(model, objective, dataset.eval, { microTokens, reference, memory }),
    close: () => {},
  };
}

/** A seed for libtorch's generator, below 2^53. */
function dropoutSeed(seed: number, draw: number): number {
  return (seed % 4096) * 2 ** 40 + (draw % 2 ** 40);
}
