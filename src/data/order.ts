import { createRandom, shuffle, streams } from './random.js';
import { type Tree, treeTokens } from './tree.js';

/** Batches sorted by length at a time: wide enough for like lengths, narrow enough to keep the order random. */
export const BATCHES_PER_WINDOW = 32;

export interface OrderOptions {
  /** Trees per optimiser step. */
  readonly batch: number;
  readonly seed: number;
  readonly epoch: number;
  /** Puts trees of like length into one batch; default true. */
  readonly bucket?: boolean;
}

/**
 * The batches of one epoch as indices into `lengths`; a function of its arguments alone.
 * Every index occurs once. The one smaller batch, if any, is a random sample like the others.
 */
export function epochBatches(lengths: ArrayLike<number>, options: OrderOptions): Int32Array[] {
  const { batch, seed, epoch, bucket = true } = options;
  const order = shuffle(
    Int32Array.from({ length: lengths.length }, (_, i) => i),
    createRandom(seed, streams.order, epoch),
  );
  if (bucket) {
    const full = order.length - (order.length % batch);
    for (let begin = 0; begin < full; begin += batch * BATCHES_PER_WINDOW) {
      const window = order.subarray(begin, Math.min(full, begin + batch * BATCHES_PER_WINDOW));
      window.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
    }
  }
  const batches: Int32Array[] = [];
  for (let begin = 0; begin < order.length; begin += batch) batches.push(order.slice(begin, begin + batch));
  if (!bucket) return batches;
  const sequence = shuffle(
    batches.map((_, i) => i),
    createRandom(seed, streams.batches, epoch),
  );
  return sequence.flatMap((i) => batches[i] ?? []);
}

/**
 * Splits the trees of one step into forests of at most `tokenBudget` input tokens, in the order given.
 * A tree that alone exceeds the budget is a forest of its own.
 */
export function microBatches(trees: readonly Tree[], tokenBudget: number): Tree[][] {
  return microBatchesOf(trees, (tree) => tree, tokenBudget);
}

/** The same for what holds a tree each. */
export function microBatchesOf<T>(items: readonly T[], treeOf: (item: T) => Tree, tokenBudget: number): T[][] {
  const forests: T[][] = [];
  let current: T[] = [];
  let tokens = 0;
  for (const item of items) {
    const size = treeTokens(treeOf(item));
    if (current.length > 0 && tokens + size > tokenBudget) {
      forests.push(current);
      current = [];
      tokens = 0;
    }
    current.push(item);
    tokens += size;
  }
  if (current.length > 0) forests.push(current);
  return forests;
}
