import {
  cat,
  fromIndices,
  fromTypedArray,
  fusedForestAttention,
  sent,
  type Tensor,
  thisScope,
} from '../torch/index.js';
import { attention } from './attention.js';
import type { AttentionContext, AttentionOptions } from './attention-context.js';
import { attentionForm } from './can-fuse.js';
import { attendJoined, type JoinedForest, joinedForest } from './joined-forest.js';
import type { TreeLayout } from './tree-layout.js';
import { forestPairs } from './visible-pairs.js';

/**
 * Attention over trees that lie end to end in one row `[N]`, without padding: a trunk sees itself, a branch its trunk
 * and itself, all causally. Trees and branches do not see one another.
 */
export class ForestAttention implements AttentionContext {
  readonly positions: Tensor;
  readonly #trees: readonly TreeLayout[];
  readonly #longest: number;
  readonly #masks = new Map<string, Tensor>();
  readonly #lasting = thisScope();
  #layout: Tensor | undefined;
  #joined: JoinedForest | undefined;

  /** `positions [N]` int64. */
  constructor(trees: readonly TreeLayout[], positions: Tensor) {
    this.#trees = trees;
    this.#longest = trees.reduce((longest, tree) => Math.max(longest, longestSequence(tree)), 0);
    this.positions = positions;
  }

  pairs(window: number | undefined): number {
    return forestPairs(this.#trees, window);
  }

  attend(_layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    const { window, softcap, scale } = options;
    const limited = softcap !== undefined || (window !== undefined && window < this.#longest);
    const form = limited ? 'plain' : attentionForm(query);
    if (form === 'plain') return this.plainAttend(query, key, value, options);
    if (form === 'joined') {
      this.#joined ??= this.#lasting(() => joinedForest(this.#trees, query.device));
      return attendJoined(query, key, value, this.#joined, scale);
    }
    this.#layout ??= this.#lasting(() => fromIndices(this.#trees.flatMap(layoutNumbers)));
    return fusedForestAttention(query, key, value, this.#layout, scale);
  }

  /** The same in plain operators: what the others are tested against, and what windows and caps take. */
  plainAttend(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    // [N, H, K] -> [1, H, N, K]
    const q = query.transpose(0, 1).unsqueeze(0);
    const k = key.transpose(0, 1).unsqueeze(0);
    const v = value.transpose(0, 1).unsqueeze(0);
    const parts: Tensor[] = [];
    for (const { trunkBegin, trunkLength, branches } of this.#trees) {
      const trunkKey = k.narrow(2, trunkBegin, trunkLength);
      const trunkValue = v.narrow(2, trunkBegin, trunkLength);
      const trunkMask = this.#mask(0, trunkLength, options, q);
      parts.push(attention(q.narrow(2, trunkBegin, trunkLength), trunkKey, trunkValue, trunkMask, true, options));
      for (const { begin, length } of branches) {
        if (length === 0) continue;
        const branchKey = cat([trunkKey, k.narrow(2, begin, length)], { dim: 2 });
        const branchValue = cat([trunkValue, v.narrow(2, begin, length)], { dim: 2 });
        const mask = this.#mask(trunkLength, length, options, q);
        parts.push(attention(q.narrow(2, begin, length), branchKey, branchValue, mask, true, options));
      }
    }
    const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : cat(parts, { dim: 2 });
    return joined.squeeze(0).transpose(0, 1);
  }

  /** `[length, before + length]`: 0 where a token sees, -inf elsewhere; undefined when plain causal order says it all. */
  #mask(before: number, length: number, { window, softcap }: AttentionOptions, like: Tensor): Tensor | undefined {
    const limited = window !== undefined && window < before + length;
    if (before === 0 && !limited && softcap === undefined) return undefined;
    const id = `${before}/${length}/${limited ? window : ''}`;
    const known = this.#masks.get(id);
    if (known !== undefined) return known;
    const mask = this.#lasting(() =>
      sent(
        fromTypedArray(visibility(before, length, limited ? window : undefined), [length, before + length]).toDtype(
          like.dtype,
        ),
        like.device,
      ),
    );
    this.#masks.set(id, mask);
    return mask;
  }
}

function longestSequence({ trunkLength, branches }: TreeLayout): number {
  return trunkLength + branches.reduce((longest, { length }) => Math.max(longest, length), 0);
}

/** A tree as the fused operator reads it: the trunk, the count of branches, the branches. */
function layoutNumbers({ trunkBegin, trunkLength, branches }: TreeLayout): number[] {
  return [trunkBegin, trunkLength, branches.length, ...branches.flatMap(({ begin, length }) => [begin, length])];
}

function visibility(before: number, length: number, window: number | undefined): Float32Array {
  const width = before + length;
  const mask = new Float32Array(length * width).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < length; i++) {
    const last = before + i;
    const first = window === undefined ? 0 : Math.max(0, last - window + 1);
    mask.fill(0, i * width + first, i * width + last + 1);
  }
  return mask;
}
