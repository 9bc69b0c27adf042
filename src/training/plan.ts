import type { Batches } from '../data/batches.js';
import type { RowsRead } from '../data/rows-read.js';
import type { Tree } from '../data/tree.js';
import { scheduleFactor } from '../nn/schedule.js';
import type { RunConfig } from './config.js';

type TrainingConfig = RunConfig['training'];

/** Which trees an update sees and at what learning rate: functions of the seed and the update's number alone. */
export class Plan {
  readonly steps: number;
  readonly #batches: Batches;
  readonly #config: TrainingConfig;
  readonly #warmup: number;

  constructor(batches: Batches, config: TrainingConfig) {
    this.#batches = batches;
    this.#config = config;
    const wanted = Math.max(1, Math.round(config.epochs * batches.perEpoch));
    this.steps = config.maxSteps === undefined ? wanted : Math.min(wanted, config.maxSteps);
    this.#warmup = config.warmup < 1 ? Math.round(config.warmup * this.steps) : config.warmup;
  }

  /** Passes over the data done before update `step` (0-based), with the fraction of the current one. */
  epoch(step: number): number {
    return step / this.#batches.perEpoch;
  }

  /** Trees of update `step` (0-based). @throws OrpoError `data` or `file` where rows are read only now */
  batch(step: number): Promise<readonly Tree[]> {
    return this.#batches.read(step);
  }

  /** What became of the rows that were read for update `step` first, to be asked when it is done. */
  rowsRead(step: number): readonly RowsRead[] {
    return this.#batches.rowsRead(step);
  }

  learningRate(step: number): number {
    return this.#config.learningRate * scheduleFactor(this.#config.schedule, step, this.#warmup, this.steps);
  }
}
