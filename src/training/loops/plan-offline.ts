import type { TrainingSet } from '../../data/training-set.js';
import type { Tree } from '../../data/tree.js';
import { OrpoError } from '../../errors.js';
import type { BoundObjective } from '../../objectives/objective.js';
import { methods } from '../../objectives/registry.js';
import type { OfflineRunConfig } from '../config.js';
import type { TrainOptions } from '../events.js';
import type { Plan } from '../plan.js';
import { chooseReference, openReference } from '../reference.js';
import type { LoopPlan } from './loop.js';
import { offlineLoop } from './offline-loop.js';

/** @throws OrpoError `config` for a reference or a batch that does not go with the method */
export function planOffline(config: OfflineRunConfig, { signal, onProgress }: TrainOptions): LoopPlan {
  const objective = methods[config.method].bind(config.objective);
  chooseReference(config, objective, false);
  requireCompany(config, objective);
  return {
    shape: objective.shape,
    recomputes: true,
    head: objective.reads === 'reward' ? 'score' : 'vocabulary',
    data: () => config.data,
    async open({ loaded, lora, dataset, plan, precision }) {
      const reference = await openReference({
        config,
        objective,
        precision,
        lora,
        model: loaded.model,
        fresh: false,
        modelPath: loaded.path,
        batches: () => batchesOf(plan, dataset),
        signal,
        onProgress,
      });
      return {
        reference,
        critic: [],
        initialMemory: objective.initialMemory,
        begin: ({ trained, optimiser }) =>
          offlineLoop({
            model: loaded.model,
            lora,
            trained,
            optimiser,
            objective,
            reference: reference?.score,
            dataset,
            plan,
            training: config.training,
          }),
        dispose: async () => reference?.dispose(),
      };
    },
  };
}

/** @throws OrpoError `config` when a method compares the examples of an update with one another, and there is one */
function requireCompany({ method, training }: OfflineRunConfig, { coupled, mismatched }: BoundObjective): void {
  if (training.batch > 1 || !(coupled || mismatched)) return;
  throw new OrpoError(
    'config',
    `training.batch is 1, but ${method} compares the examples of an update with one another.`,
    'Use a batch of at least 2; training.microTokens keeps memory small.',
  );
}

/** What is scored together: the trees of each update, and those of the evaluation. */
async function* batchesOf(plan: Plan, dataset: TrainingSet): AsyncGenerator<readonly Tree[]> {
  for (let step = 0; step < plan.steps; step++) yield await plan.batch(step);
  yield dataset.eval;
}
