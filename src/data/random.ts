/**
 * Random numbers as a function of a seed, a stream and a counter, so that a resumed run needs no saved state.
 * Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number;
  /** A whole number from 0 to `limit` - 1, each equally likely; `limit` from 1 to 2^32. */
  below(limit: number): number;
}

/** One purpose, one stream: draws made for one never shift those of another. */
export const streams = {
  order: 1,
  batches: 2,
  split: 3,
  sampling: 4,
  rollouts: 5,
  windows: 6,
  bootstrap: 23,
  minHash: 31,
} as const;

/** Numbers of one `stream` under a `seed`; `epoch` selects an independent sequence within it. All are whole and >= 0. */
export function createRandom(seed: number, stream: number, epoch = 0): Random {
  const key: Pair = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  let block = 0;
  let words: readonly number[] = [];
  let next = 4;
  const uint32 = (): number => {
    if (next === 4) {
      words = philox([block >>> 0, Math.floor(block / 2 ** 32) >>> 0, stream >>> 0, epoch >>> 0], key);
      block++;
      next = 0;
    }
    return words[next++] ?? 0;
  };
  const below = (limit: number): number => {
    // the highest numbers would favour small remainders, so they are drawn again
    const fair = 2 ** 32 - (2 ** 32 % limit);
    let drawn = uint32();
    while (drawn >= fair) drawn = uint32();
    return drawn % limit;
  };
  return { uint32, below };
}

/** Shuffles in place (Fisher and Yates) and returns the array. */
export function shuffle<T extends number[] | Int32Array | Uint32Array>(items: T, random: Random): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = items[i] ?? 0;
    items[i] = items[j] ?? 0;
    items[j] = held;
  }
  return items;
}

type Pair = readonly [number, number];
type Block = readonly [number, number, number, number];

/** Philox4x32 with ten rounds: four 32-bit words out of a counter and a key. */
export function philox(counter: Block, key: Pair): Block {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}
