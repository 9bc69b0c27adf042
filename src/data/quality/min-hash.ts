import { createRandom, streams } from '../random.js';
import { mixBits } from './word-grams.js';

/** Numbers of a signature; the similarity they estimate is off by at most 1 / (2 √128) = 4.4% (one standard error). */
export const SIGNATURE = 128;

/** Largest chance that two texts at the threshold share no band. */
const MISSED = 1e-3;

/** How a signature is cut: texts that agree in all rows of one band are compared. */
export interface Bands {
  readonly bands: number;
  readonly rows: number;
}

/**
 * The bands for a similarity: the most rows a band, so the fewest comparisons in vain, with which two texts just as
 * similar as `threshold` share a band in at least 999 of 1000 cases, `1 - (1 - t^rows)^bands` (Leskovec, Rajaraman and
 * Ullman, "Mining of Massive Datasets", 3.4).
 */
export function bandsFor(threshold: number): Bands {
  let chosen: Bands = { bands: SIGNATURE, rows: 1 };
  for (let rows = 1; rows <= SIGNATURE; rows++) {
    const bands = Math.floor(SIGNATURE / rows);
    if (missedBy({ bands, rows }, threshold) <= MISSED) chosen = { bands, rows };
  }
  return chosen;
}

/** Chance that two texts of a similarity share no band. */
export function missedBy({ bands, rows }: Bands, similarity: number): number {
  return (1 - similarity ** rows) ** bands;
}

const random = createRandom(0, streams.minHash);
// odd factors make x -> a x + b a permutation of the 32-bit numbers
const factors = Int32Array.from({ length: SIGNATURE }, () => random.uint32() | 1);
const offsets = Int32Array.from({ length: SIGNATURE }, () => random.uint32());

/**
 * MinHash signature of the union of sets of hashes, told apart by their place: the least value of each of 128 fixed
 * permutations (Broder 1997). The share of equal numbers in two signatures estimates the Jaccard similarity.
 */
export function minHash(sets: readonly Int32Array[]): Int32Array {
  const values = Int32Array.from(
    sets.flatMap((hashes, place) =>
      place === 0 ? [...hashes] : Array.from(hashes, (hash) => mixBits(hash ^ Math.imul(place, 0x9e3779b1))),
    ),
  );
  const signature = new Int32Array(SIGNATURE);
  for (let i = 0; i < SIGNATURE; i++) {
    const factor = factors[i] ?? 1;
    const offset = offsets[i] ?? 0;
    // signed numbers are as good as unsigned ones for finding a least
    let least = 0x7fffffff;
    for (let at = 0; at < values.length; at++) {
      const image = (Math.imul(values[at] ?? 0, factor) + offset) | 0;
      if (image < least) least = image;
    }
    signature[i] = least;
  }
  return signature;
}

/** Estimate of the Jaccard similarity from two signatures. */
export function similarity(a: Int32Array, b: Int32Array): number {
  let equal = 0;
  for (let i = 0; i < SIGNATURE; i++) if (a[i] === b[i]) equal++;
  return equal / SIGNATURE;
}

/** One 32-bit number a band, different for different bands. */
export function bandKeys(signature: Int32Array, { bands, rows }: Bands): Int32Array {
  const keys = new Int32Array(bands);
  for (let band = 0; band < bands; band++) {
    let key = mixBits(band + 1);
    for (let row = 0; row < rows; row++) key = mixBits(Math.imul(key, 31) + (signature[band * rows + row] ?? 0));
    keys[band] = key;
  }
  return keys;
}
