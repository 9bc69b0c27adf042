import { existsSync } from 'node:fs';
import { loadAdapted } from '../adapters/load-adapted.js';
import { mergeLora } from '../adapters/merge.js';
import { stageFolder } from '../files/atomic.js';
import { saveModel } from '../models/save-model.js';
import { runFolder } from '../training/run-folder.js';
import type { TrainStage } from './stage.js';

/**
 * Adds the adapter of a finished run to its base, in float32, as a model of its own that the next stage starts from. Whole
 * or not at all. Returns the folder; undefined where nothing is to be added, or it is there already.
 */
export async function mergeStage({ config, merged }: TrainStage, signal?: AbortSignal): Promise<string | undefined> {
  if (merged === undefined || existsSync(merged)) return undefined;
  const adapter = runFolder(config.output).adapter;
  const { loaded, lora, dispose } = await loadAdapted(config.model, adapter, { precision: 'fp32', signal });
  try {
    if (lora !== undefined) mergeLora(lora);
    stageFolder(merged, (staging) => saveModel(loaded, staging));
    return merged;
  } finally {
    dispose();
  }
}
