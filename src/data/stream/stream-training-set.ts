import { type DataConfig, evalSource } from '../config.js';
import { countTokens } from '../dataset.js';
import { loadHeldOut } from '../held-out.js';
import { requireSome } from '../require-some.js';
import type { TrainingSet, TrainingSetOptions } from '../training-set.js';
import { StreamedBatches } from './streamed-batches.js';
import { openStreamedFile, type StreamedFile } from './streamed-file.js';

/**
 * Training data that is read as it is needed; what is evaluated on is loaded. The first window stands for the others.
 *
 * @throws OrpoError `config` when files or rows cannot be streamed; `file` or `data` as `loadDataset`
 */
export async function streamTrainingSet(config: DataConfig, options: TrainingSetOptions): Promise<TrainingSet> {
  const source = evalSource(config.eval);
  const paths = typeof config.train === 'string' ? [config.train] : config.train;
  const files: StreamedFile[] = [];
  for (const path of paths) files.push(await openStreamedFile(path, config, options));
  const held = source && 'file' in source ? await loadHeldOut(source.file, config, options) : undefined;
  const heldOut = held?.collection.trees ?? [];
  options.check(heldOut);
  const batches = new StreamedBatches(files, options);
  if (batches.rows === 0) requireSome({ trees: [] }, [], paths.join(', '), 'train');
  const { batches: first } = await batches.window(0, 0);
  return {
    examples: batches.rows,
    batches,
    sample: first.flat(),
    foretold: (step) => first[step % first.length] ?? [],
    eval: heldOut,
    report: {
      files: held === undefined ? [] : [held.report],
      streamed: files.map(({ report }) => report),
      train: batches.rows,
      eval: heldOut.length,
      tokens: countTokens(heldOut),
    },
  };
}
