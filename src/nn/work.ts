import type { Tensor } from '../torch/index.js';
import { type AttentionLearning, attentionFlops, type Learning, linearFlops } from './flops.js';

/** What models computed. */
export interface Work {
  /** Floating point operations of matrix products, forward and backward. */
  readonly flops: number;
  /** Passes through a model, of any number of tokens. */
  readonly forwards: number;
  /** Tokens of those passes. */
  readonly tokens: number;
}

export const NO_WORK: Work = { flops: 0, forwards: 0, tokens: 0 };

export function addWork(a: Work, b: Work): Work {
  return { flops: a.flops + b.flops, forwards: a.forwards + b.forwards, tokens: a.tokens + b.tokens };
}

/**
 * Counts the products of one or more models from the shapes that run, as they run. A pass that records gradients is counted
 * with the backward pass that will follow. Numbers of shapes only: the same in every repetition.
 */
export class WorkCount {
  #paused = false;
  #flops = 0;
  #forwards = 0;
  #tokens = 0;

  /** All that was counted so far. */
  get done(): Work {
    return { flops: this.#flops, forwards: this.#forwards, tokens: this.#tokens };
  }

  /** What was counted after `before`. */
  since(before: Work): Work {
    return {
      flops: this.#flops - before.flops,
      forwards: this.#forwards - before.forwards,
      tokens: this.#tokens - before.tokens,
    };
  }

  /** Counts what was done elsewhere. */
  add(work: Work): void {
    this.#flops += work.flops;
    this.#forwards += work.forwards;
    this.#tokens += work.tokens;
  }

  /** Runs `body`, which will be computed once more, without counting its products. */
  without<T>(body: () => T): T {
    const before = this.#paused;
    this.#paused = true;
    try {
      return body();
    } finally {
      this.#paused = before;
    }
  }

  /** A pass of `tokens` through a model begins. */
  forward(tokens: number): void {
    this.#forwards++;
    this.#tokens += tokens;
  }

  /** `input [N, in]` times a weight of `in` to `out`; `output` is what came of it. */
  linear(input: Tensor, weight: Tensor, outputs: number, output: Tensor): void {
    const learns: Learning = output.requiresGrad
      ? { input: input.requiresGrad, weight: weight.requiresGrad }
      : { input: false, weight: false };
    this.product(input.size(0), input.size(1), outputs, learns);
  }

  /** Rows `[rows, inputs]` times a weight of `inputs` to `outputs`. */
  product(rows: number, inputs: number, outputs: number, learns: Learning): void {
    if (!this.#paused) this.#flops += linearFlops(rows, inputs, outputs, learns);
  }

  /** `query [N, H, K]`, `key` and `value` `[N, G, K]` over `pairs` that are seen. */
  attention(pairs: number, query: Tensor, key: Tensor, value: Tensor, output: Tensor): void {
    const learns: AttentionLearning = output.requiresGrad
      ? { query: query.requiresGrad, key: key.requiresGrad, value: value.requiresGrad }
      : { query: false, key: false, value: false };
    if (!this.#paused) this.#flops += attentionFlops(pairs, query.size(1), query.size(2), learns);
  }
}
