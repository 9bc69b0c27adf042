import type { Dropout } from '../nn/linears.js';

/** What the adapters of one set share: whether they act at all, and the dropout of the forward pass under way. */
export class AdapterMode {
  enabled = true;
  readonly #rate: number;
  #dropout: Dropout | undefined;

  /** `rate`: the share of input elements dropped while masks are drawn. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** The dropout under way; undefined where nothing is dropped. */
  get dropout(): Dropout | undefined {
    return this.#dropout;
  }

  /** Runs `body` with masks that are a function of the seed, of the layer and of an element's place in its input. */
  withDropout<T>(seed: number, body: () => T): T {
    if (this.#rate === 0) return body();
    const outer = this.#dropout;
    this.#dropout = { rate: this.#rate, seed };
    try {
      return body();
    } finally {
      this.#dropout = outer;
    }
  }
}
