import type { LinearLayer } from '../nn/linear.js';
import type { Parameter } from '../nn/parameter.js';
import { scope } from '../torch/index.js';
import { AdapterMode } from './adapter-mode.js';
import { type AdapterConfig, scaleOf } from './config.js';
import { LoraAdapter, type LoraWeights } from './lora.js';

/** The adapters of one model, hung on its linear layers. Run inference under `noGrad`: the parameters are trained. */
export class LoraSet {
  readonly config: AdapterConfig;
  /** In the order of the model's layers. */
  readonly adapters: readonly LoraAdapter[];
  /** Down and up weights of each adapter in turn. */
  readonly parameters: readonly Parameter[];
  readonly #mode: AdapterMode;

  /** Hangs an adapter on each layer; `weights` gives what it starts from. `role` goes before the names of parameters. */
  constructor(
    config: AdapterConfig,
    linears: readonly LinearLayer[],
    weights: (linear: LinearLayer) => LoraWeights,
    role = '',
  ) {
    this.config = config;
    this.#mode = new AdapterMode(config.dropout);
    const scale = scaleOf(config);
    const adapters: LoraAdapter[] = [];
    try {
      for (const [stream, linear] of linears.entries()) {
        adapters.push(scope(() => new LoraAdapter(linear, weights(linear), { scale, stream, mode: this.#mode, role })));
      }
    } catch (error) {
      for (const adapter of adapters) adapter.dispose();
      throw error;
    }
    this.adapters = adapters;
    this.hang();
    this.parameters = adapters.flatMap(({ down, up }) => [down, up]);
  }

  /** Runs `body` on the base model, as a reference model needs. */
  withDisabled<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    const before = this.#mode.enabled;
    this.#mode.enabled = false;
    try {
      return body();
    } finally {
      this.#mode.enabled = before;
    }
  }

  /**
   * Runs `body`, a training pass over one micro-batch, with dropout; the same seed (a whole number up to 2^53 - 1)
   * gives the same masks, in a resumed run too. Outside nothing is dropped.
   */
  withDropout<T>(seed: number, body: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#mode.withDropout(seed, body);
  }

  /** Puts its adapters on the model, in the place of others. */
  hang(): void {
    for (const adapter of this.adapters) adapter.linear.adapter = adapter;
  }

  /** Runs `body` with these adapters in the place of those that hang on the model, which come back afterwards. */
  within<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    const others = this.adapters.map(({ linear }) => linear.adapter);
    this.hang();
    try {
      return body();
    } finally {
      this.adapters.forEach(({ linear }, i) => {
        linear.adapter = others[i];
      });
    }
  }

  /** Takes the adapters off the model; their weights stay until `dispose`. */
  detach(): void {
    for (const adapter of this.adapters) {
      if (adapter.linear.adapter === adapter) adapter.linear.adapter = undefined;
    }
  }

  /** Detaches and frees the weights. */
  dispose(): void {
    this.detach();
    for (const adapter of this.adapters) adapter.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
