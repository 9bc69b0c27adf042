import { epochBatches } from '../data/order.js';
import { type Tree, treeTokens } from '../data/tree.js';
import { scheduleFactor } from '../nn/schedule.js';
import type { RunConfig } from './config.js';

type TrainingConfig = RunConfig['training'];

/** Which trees an update sees and at what learning rate: functions of the seed and the update's number alone. */
export class Plan {
  readonly steps: number;
  readonly #trees: readonly Tree[];
  readonly #lengths: readonly number[];
  readonly #config: TrainingConfig;
  readonly #perEpoch: number;
  readonly #warmup: number;
  #epoch = -1;
  #batches: readonly Int32Array[] = [];

  constructor(trees: readonly Tree[], config: TrainingConfig) {
    this.#trees = trees;
    this.#lengths = trees.map(treeTokens);
    this.#config = config;
    this.#perEpoch = Math.ceil(trees.length / config.batch);
    const wanted = Math.max(1, Math.round(config.epochs * this.#perEpoch));
    this.steps = config.maxSteps === undefined ? wanted : Math.min(wanted, config.maxSteps);
    this.#warmup = config.warmup < 1 ? Math.round(config.warmup * this.steps) : config.warmup;
  }

  /** Passes over the data done before update `step` (0-based), with the fraction of the current one. */
  epoch(step: number): number {
    return step / this.#perEpoch;
  }

  /** Trees of update `step` (0-based). */
  batch(step: number): readonly Tree[] {
    const epoch = Math.floor(step / this.#perEpoch);
    if (epoch !== this.#epoch) {
      const { batch, seed } = this.#config;
      this.#batches = epochBatches(this.#lengths, { batch, seed, epoch, bucket: true });
      this.#epoch = epoch;
    }
    const chosen = this.#batches[step % this.#perEpoch] ?? new Int32Array();
    return Array.from(chosen).flatMap((index) => this.#trees[index] ?? []);
  }

  learningRate(step: number): number {
    return this.#config.learningRate * scheduleFactor(this.#config.schedule, step, this.#warmup, this.steps);
  }
}
