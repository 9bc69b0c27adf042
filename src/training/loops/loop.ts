import type { LoraSet } from '../../adapters/lora-set.js';
import type { DataConfig } from '../../data/config.js';
import type { DataShape } from '../../data/shape.js';
import type { TrainingSet } from '../../data/training-set.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { LoadedModel } from '../../models/load-model.js';
import type { AdamW } from '../../nn/adamw.js';
import type { Parameter } from '../../nn/parameter.js';
import type { PrecisionChoice } from '../../torch/engine/precision.js';
import type { StepOutcome } from '../gradient-step.js';
import type { Plan } from '../plan.js';
import type { Reference } from '../reference.js';
import type { RunFolder } from '../run-folder.js';

/** Where an update stands. */
export interface UpdatePlace {
  /** 0-based. */
  readonly step: number;
  readonly learningRate: number;
  /** What the method remembers of the updates before. */
  readonly memory: readonly number[];
}

/** How a run learns, update by update; whatever the method, the run around it is the same. */
export interface Loop {
  /** Whether what is trained writes text. */
  readonly writes: boolean;
  /**
   * One update, after which the weights are changed; a function of the weights, the optimiser and the place alone.
   *
   * @throws OrpoError `numeric` when a loss or gradient is not finite, before any weight is changed by it; `reward`
   */
  advance(place: UpdatePlace): Promise<StepOutcome>;
  /** Metrics over the held-out examples. */
  evaluate(memory: readonly number[]): Promise<Record<string, number>>;
  close(): void;
}

/** What a method asks of a run before anything is loaded. */
export interface LoopPlan {
  /** What its data must hold. */
  readonly shape: DataShape;
  readonly head: 'vocabulary' | 'score';
  /** Whether its backward passes may compute layers again, by `Recompute.backward`. */
  readonly recomputes: boolean;
  /** The `data` part with what the method needs of it. @throws OrpoError `config` when there is no room */
  data(loaded: { readonly model: Pick<CausalLM, 'sizes'> }): DataConfig;
  /** Loads whatever else it needs. The policy is as it was, untrained. */
  open(ground: Ground): Promise<OpenedLoop>;
}

/** What is loaded of a run. */
export interface Ground {
  readonly loaded: LoadedModel;
  readonly lora: LoraSet | undefined;
  readonly dataset: TrainingSet;
  readonly plan: Plan;
  readonly precision: PrecisionChoice;
}

/** A method with all it needs, before its first update. */
export interface OpenedLoop {
  readonly reference: Reference | undefined;
  /** What is trained beside the policy. */
  readonly critic: readonly Parameter[];
  readonly initialMemory: readonly number[];
  begin(run: { readonly folder: RunFolder; readonly trained: readonly Parameter[]; readonly optimiser: AdamW }): Loop;
  dispose(): Promise<void>;
}
