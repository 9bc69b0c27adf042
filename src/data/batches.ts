import { epochBatches } from './order.js';
import type { RowsRead } from './rows-read.js';
import { type Tree, treeTokens } from './tree.js';

/** What decides the order of a run's data. */
export interface BatchOptions {
  /** Examples an update. */
  readonly batch: number;
  readonly seed: number;
}

/** The examples of each update: a function of the data, the options and the update's number alone. */
export interface Batches {
  /** Updates that go through the data once. */
  readonly perEpoch: number;
  /** Trees of update `step` (0-based). @throws OrpoError `data` or `file` where rows are read only now */
  read(step: number): Promise<readonly Tree[]>;
  /**
   * What became of the rows that were read for update `step` and some after it, to be asked when it is done; nothing where
   * they were counted when they were loaded, or belong to an earlier update.
   */
  rowsRead(step: number): readonly RowsRead[];
}

/** Batches of trees that are held in memory. */
export class HeldBatches implements Batches {
  readonly perEpoch: number;
  readonly #trees: readonly Tree[];
  readonly #lengths: readonly number[];
  readonly #options: BatchOptions;
  #epoch = -1;
  #batches: readonly Int32Array[] = [];

  constructor(trees: readonly Tree[], options: BatchOptions) {
    this.#trees = trees;
    this.#lengths = trees.map(treeTokens);
    this.#options = options;
    this.perEpoch = Math.ceil(trees.length / options.batch);
  }

  at(step: number): readonly Tree[] {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.#epoch) {
      const { batch, seed } = this.#options;
      this.#batches = epochBatches(this.#lengths, { batch, seed, epoch, bucket: true });
      this.#epoch = epoch;
    }
    const chosen = this.#batches[step % this.perEpoch] ?? new Int32Array();
    return Array.from(chosen).flatMap((index) => this.#trees[index] ?? []);
  }

  async read(step: number): Promise<readonly Tree[]> {
    return this.at(step);
  }

  rowsRead(): readonly RowsRead[] {
    return [];
  }
}
