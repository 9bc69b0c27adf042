import type { Tensor } from '../torch/index.js';

export interface AttentionOptions {
  /** Factor on q·k. */
  readonly scale: number;
  /** A token sees itself and the `window - 1` positions before it; undefined: all. */
  readonly window?: number | undefined;
  /** Gemma 2's cap: s <- cap * tanh(s / cap). */
  readonly softcap?: number | undefined;
}

/**
 * What a token row is made of, and therefore who sees whom. Models call it once a layer and know no more:
 * a forest in training, cached rows when generating.
 */
export interface AttentionContext {
  /** `[N]` int64: each token's position in its own sequence. */
  readonly positions: Tensor;
  /** Pairs of a query and a key that each head sees in a layer of this window. */
  pairs(window: number | undefined): number;
  /** `query [N, H, K]`, `key` and `value` `[N, G, K]` with G dividing H -> `[N, H, K]`. */
  attend(layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor;
}
