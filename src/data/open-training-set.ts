import { HeldBatches } from './batches.js';
import type { DataConfig } from './config.js';
import { loadDataset } from './dataset.js';
import { streamTrainingSet } from './stream/stream-training-set.js';
import type { TrainingSet, TrainingSetOptions } from './training-set.js';

/** The data of a run, loaded or streamed as its configuration says. @throws OrpoError `file`, `data` or `config` */
export async function openTrainingSet(config: DataConfig, options: TrainingSetOptions): Promise<TrainingSet> {
  if (config.stream === true) return await streamTrainingSet(config, options);
  const { train, eval: heldOut, report } = await loadDataset(config, options);
  options.check([...train, ...heldOut]);
  const batches = new HeldBatches(train, options);
  return {
    examples: train.length,
    batches,
    sample: train,
    foretold: (step) => batches.at(step),
    eval: heldOut,
    report,
  };
}
