import { empty, Generator, type Tensor } from '../torch/index.js';

/** What the adapters of one set share: whether they act at all, and the dropout of the forward pass under way. */
export class AdapterMode {
  enabled = true;
  readonly #dropout: number;
  #generator: Generator | undefined;

  /** `dropout`: the share of input elements dropped while masks are drawn. */
  constructor(dropout: number) {
    this.#dropout = dropout;
  }

  /** Runs `body` with masks that are a function of the seed and of the order in which layers ask for them. */
  withDropout<T>(seed: number, body: () => T): T {
    if (this.#dropout === 0) return body();
    const outer = this.#generator;
    const generator = new Generator(seed);
    this.#generator = generator;
    try {
      return body();
    } finally {
      this.#generator = outer;
      generator.dispose();
    }
  }

  /** `x -> x * mask / (1 - p)` while masks are drawn, else `x` itself. */
  drop(input: Tensor): Tensor {
    const generator = this.#generator;
    if (generator === undefined) return input;
    const kept = 1 - this.#dropout;
    // drawn on the CPU in float32, so that every device and dtype sees the same mask
    const mask = empty(input.shape, { dtype: 'float32' }).bernoulli_({ p: kept, generator }).div_(kept);
    return input.mul(mask.toDevice(input.device, input.dtype));
  }
}
