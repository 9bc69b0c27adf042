import { existsSync } from 'node:fs';
import { attachLora } from '../adapters/attach.js';
import { type AdaptedModel, loadAdapted } from '../adapters/load-adapted.js';
import { loadModel } from '../models/load-model.js';
import { cpuFeatures } from '../torch/engine/cpu.js';
import { choosePrecision } from '../torch/engine/precision.js';
import { listCheckpoints, restoreWeights } from './checkpoint.js';
import type { RunConfig } from './config.js';
import type { TrainOptions } from './events.js';
import { runFolder } from './run-folder.js';

/**
 * The policy of a run, to be read and not trained: as it came out where the run is finished, else as its newest checkpoint
 * has it, or as it starts. It lies on the CPU, with the precision that training takes there. The caller disposes of it.
 *
 * @throws OrpoError `run` when a checkpoint does not verify; as loading a model does
 */
export async function loadRunModel(config: RunConfig, options: TrainOptions = {}): Promise<AdaptedModel> {
  const { signal, onProgress } = options;
  const { precision } = choosePrecision(config.training.precision, cpuFeatures(), false);
  const reading = { precision, signal, ...(onProgress === undefined ? {} : { onProgress }) };
  const folder = runFolder(config.output);
  if (existsSync(folder.result))
    return config.adapter === undefined
      ? await loadAdapted(folder.model, undefined, reading)
      : await loadAdapted(config.model, folder.adapter, reading);
  const checkpoint = listCheckpoints(folder.checkpoints).at(-1);
  const loaded = await loadModel(config.model, {
    ...reading,
    precision: config.adapter === undefined ? 'fp32' : precision,
  });
  const lora = config.adapter && attachLora(loaded.model.store, config.adapter, config.training.seed);
  const dispose = (): void => {
    lora?.dispose();
    loaded.dispose();
  };
  try {
    const weights = lora === undefined ? [...loaded.model.store.parameters.values()] : lora.parameters;
    // weights that are mapped from a file cannot be written to
    for (const parameter of weights) parameter.train(precision === 'bf16' ? 'bfloat16' : 'float32');
    if (checkpoint !== undefined) restoreWeights(checkpoint.path, weights);
    return { loaded, lora, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
