import type { Batches, BatchOptions } from './batches.js';
import type { DataReport } from './dataset.js';
import type { LoadOptions } from './load-file.js';
import type { Tree } from './tree.js';

/** What a run learns from and is measured on, held in memory or read from its files batch by batch. */
export interface TrainingSet {
  /** Examples an epoch goes through; of streamed data the rows, whatever becomes of them. */
  readonly examples: number;
  readonly batches: Batches;
  /** Trees that stand for all: all of them where they are held. */
  readonly sample: readonly Tree[];
  /** Trees of update `step`, or of streamed data those of an update like it. */
  foretold(step: number): readonly Tree[];
  readonly eval: readonly Tree[];
  readonly report: DataReport;
}

export interface TrainingSetOptions extends LoadOptions, BatchOptions {
  readonly seed: number;
  /** Called for all trees before they are used. @throws what it throws */
  readonly check: (trees: readonly Tree[]) => void;
}
