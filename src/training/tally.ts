import { z } from 'zod';
import { addWork, type Work } from '../nn/work.js';
import { addEffort, type Effort, effortSchema, NO_EFFORT } from './cost.js';

/** Totals of a run so far, over all processes that worked on it. */
export const totalsSchema = z.object({
  /** Learnt from, a shared prompt once. */
  tokens: z.number(),
  /** Wall time of the updates. */
  seconds: z.number(),
  flops: z.number().default(0),
  forwards: z.number().default(0),
  evaluations: effortSchema.default(NO_EFFORT),
  peakBytes: z.number().default(0),
});
export type Totals = z.output<typeof totalsSchema>;

export const NO_TOTALS: Totals = {
  tokens: 0,
  seconds: 0,
  flops: 0,
  forwards: 0,
  evaluations: NO_EFFORT,
  peakBytes: 0,
};

/** Sums up what updates and evaluations cost, as they are done. */
export class Tally {
  #totals: Totals;

  constructor(before: Totals) {
    // what else stands beside the totals is none of its business
    this.#totals = totalsSchema.parse(before);
  }

  get totals(): Totals {
    return this.#totals;
  }

  get updates(): Effort {
    const { flops, forwards, tokens, seconds } = this.#totals;
    return { flops, forwards, tokens, seconds };
  }

  /** `tokens`: those learnt from, which are fewer than those that went through a model. */
  addUpdate(work: Work, tokens: number, seconds: number): void {
    const { flops, forwards } = addWork(this.#totals, work);
    this.#totals = {
      ...this.#totals,
      flops,
      forwards,
      tokens: this.#totals.tokens + tokens,
      seconds: this.#totals.seconds + seconds,
    };
  }

  addEvaluation(effort: Effort): void {
    this.#totals = { ...this.#totals, evaluations: addEffort(this.#totals.evaluations, effort) };
  }

  /** Bytes of tensors at some moment's peak. */
  reached(bytes: number): void {
    if (bytes > this.#totals.peakBytes) this.#totals = { ...this.#totals, peakBytes: bytes };
  }
}
