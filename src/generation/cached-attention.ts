import { attention } from '../nn/attention.js';
import type { AttentionContext, AttentionOptions } from '../nn/attention-context.js';
import { canFuse } from '../nn/can-fuse.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { causalPairs } from '../nn/visible-pairs.js';
import {
  fromIndices,
  fromTypedArray,
  cachedAttention as fusedCachedAttention,
  type Tensor,
  thisScope,
} from '../torch/index.js';
import { blockPlaces, type KeyValueCache } from './key-value-cache.js';
import type { PromptLayout } from './prompt-layout.js';

/** Attention over whole prompts in one row; fills the slots `[prompt][row]` of the cache on the way. */
export function prefillContext(
  cache: KeyValueCache,
  { positions, trees, stretches }: PromptLayout,
  slots: readonly (readonly number[])[],
  device: string,
): AttentionContext {
  const forest = new ForestAttention(trees, fromIndices(positions, device));
  return {
    positions: forest.positions,
    pairs: (window) => forest.pairs(window),
    attend(layer, query, key, value, options) {
      for (const [prompt, parts] of stretches.entries()) {
        for (const { begin, length, position } of parts) {
          const [keys, values] = [key.narrow(0, begin, length), value.narrow(0, begin, length)];
          cache.storePrompt(layer, slots[prompt] ?? [], position, keys, values);
        }
      }
      return forest.attend(layer, query, key, value, options);
    },
  };
}

/**
 * Attention of one new token of each row in `slots`, `[B]`, over all that the cache holds of its row and over itself.
 * Room must be reserved, and `advance` follows once every layer has run.
 */
export class DecodeContext implements AttentionContext {
  readonly positions: Tensor;
  readonly #cache: KeyValueCache;
  readonly #slots: Tensor;
  readonly #lengths: readonly number[];
  readonly #masks = new Map<number | undefined, Tensor | undefined>();
  readonly #lasting = thisScope();

  constructor(cache: KeyValueCache, slots: readonly number[], device: string) {
    this.#cache = cache;
    this.#slots = fromIndices(slots, device);
    this.#lengths = cache.lengths(slots);
    this.positions = fromIndices(this.#lengths, device);
  }

  pairs(window: number | undefined): number {
    return this.#lengths.reduce((sum, before) => sum + causalPairs(before, 1, window), 0);
  }

  attend(layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    if (!canFuse('cached attention', query)) return this.plainAttend(layer, query, key, value, options);
    const { keys, values } = this.#cache.buffers(layer);
    const { scale, window, softcap } = options;
    return fusedCachedAttention(query, key, value, keys, values, this.#slots, this.positions, scale, {
      window,
      softcap,
    });
  }

  /** The same in plain operators: what the fused one is tested against, and what GPUs take. */
  plainAttend(layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    const { keys, values } = this.#cache.buffers(layer);
    const longest = Math.max(...this.#lengths) + 1;
    const [batch = 0, heads = 0, size = 0] = query.shape;
    const groups = key.size(1);
    // [slots, blocks, 16, G, K]
    keys.permute([0, 2, 4, 1, 3]).indexPut_([this.#slots, ...blockPlaces(this.positions)], key);
    values.transpose(1, 2).indexPut_([this.#slots, this.positions], value);
    // [B, G, L, K]
    const k = keys.indexSelect(0, this.#slots).transpose(3, 4).reshape([batch, groups, -1, size]).narrow(2, 0, longest);
    const v = values.narrow(2, 0, longest).indexSelect(0, this.#slots);
    // heads that share keys stand as so many queries of one head: the keys need not be repeated
    const grouped = query.reshape([batch, groups, heads / groups, size]);
    const mixed = attention(grouped, k, v, this.#mask(options.window, query), false, options);
    return mixed.reshape([batch, heads, v.size(3)]);
  }

  /** `[B, 1, 1, L]`: 0 at the positions each row sees, -inf elsewhere; undefined when every row sees all. */
  #mask(window: number | undefined, like: Tensor): Tensor | undefined {
    if (this.#masks.has(window)) return this.#masks.get(window);
    const rows = this.#lengths;
    const width = Math.max(...rows) + 1;
    const spans = rows.map((last) => ({
      first: window === undefined ? 0 : Math.max(0, last - window + 1),
      end: last + 1,
    }));
    let mask: Tensor | undefined;
    if (spans.some(({ first, end }) => first > 0 || end < width)) {
      const visible = new Float32Array(rows.length * width).fill(Number.NEGATIVE_INFINITY);
      for (const [row, { first, end }] of spans.entries()) visible.fill(0, row * width + first, row * width + end);
      mask = this.#lasting(() => fromTypedArray(visible, [rows.length, 1, 1, width]).toDevice(like.device, like.dtype));
    }
    this.#masks.set(window, mask);
    return mask;
  }
}
