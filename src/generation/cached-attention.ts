import { attention } from '../nn/attention.js';
import type { AttentionContext, AttentionOptions } from '../nn/attention-context.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { causalPairs } from '../nn/visible-pairs.js';
import { fromIndices, fromTypedArray, type Tensor, thisScope } from '../torch/index.js';
import type { KeyValueCache } from './key-value-cache.js';

/** Attention over whole prompts that lie end to end, a tree with only a trunk each; fills the cache on the way. */
export function prefillContext(cache: KeyValueCache, device: string): AttentionContext {
  let begin = 0;
  const trees = cache.lengths.map((length) => {
    const tree = { trunkBegin: begin, trunkLength: length, branches: [] };
    begin += length;
    return tree;
  });
  const positions = cache.lengths.flatMap((length) => Array.from({ length }, (_, i) => i));
  const forest = new ForestAttention(trees, fromIndices(positions).toDevice(device, 'int64'));
  return {
    positions: forest.positions,
    pairs: (window) => forest.pairs(window),
    attend(layer, query, key, value, options) {
      cache.storePrompts(layer, key, value);
      return forest.attend(layer, query, key, value, options);
    },
  };
}

/**
 * Attention of one new token a row, `[B]`, over all that the cache holds of its row and over itself.
 * Room must be reserved, and `advance` follows once every layer has run.
 */
export class DecodeContext implements AttentionContext {
  readonly positions: Tensor;
  readonly #cache: KeyValueCache;
  readonly #slots: Tensor;
  readonly #masks = new Map<number | undefined, Tensor | undefined>();
  readonly #lasting = thisScope();

  constructor(cache: KeyValueCache, device: string) {
    this.#cache = cache;
    this.#slots = cache.slots(device);
    this.positions = fromIndices(cache.lengths).toDevice(device, 'int64');
  }

  pairs(window: number | undefined): number {
    return this.#cache.lengths.reduce((sum, before) => sum + causalPairs(before, 1, window), 0);
  }

  attend(layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    const { keys, values } = this.#cache.store(layer, this.#slots, key, value);
    const [batch = 0, heads = 0, size = 0] = query.shape;
    const groups = key.size(1);
    // heads that share keys stand as so many queries of one head: the keys need not be repeated
    const grouped = query.reshape([batch, groups, heads / groups, size]);
    const mixed = attention(grouped, keys, values, this.#mask(options.window, query), false, options);
    return mixed.reshape([batch, heads, values.size(3)]);
  }

  /** `[B, 1, 1, L]`: 0 at the positions each row sees, -inf elsewhere; undefined when every row sees all. */
  #mask(window: number | undefined, like: Tensor): Tensor | undefined {
    if (this.#masks.has(window)) return this.#masks.get(window);
    const { lengths } = this.#cache;
    const width = Math.max(...lengths) + 1;
    const spans = lengths.map((last) => ({
      first: window === undefined ? 0 : Math.max(0, last - window + 1),
      end: last + 1,
    }));
    let mask: Tensor | undefined;
    if (spans.some(({ first, end }) => first > 0 || end < width)) {
      const visible = new Float32Array(lengths.length * width).fill(Number.NEGATIVE_INFINITY);
      for (const [row, { first, end }] of spans.entries()) visible.fill(0, row * width + first, row * width + end);
      mask = this.#lasting(() =>
        fromTypedArray(visible, [lengths.length, 1, 1, width]).toDevice(like.device, like.dtype),
      );
    }
    this.#masks.set(window, mask);
    return mask;
  }
}
