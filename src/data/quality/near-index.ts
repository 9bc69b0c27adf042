import { TokenArena } from '../token-arena.js';
import { BandTable } from './band-table.js';
import { type Bands, bandKeys, bandsFor, minHash } from './min-hash.js';
import { jaccard, sketchOf, wordGrams } from './word-grams.js';

/** The texts of one item made ready for comparison, each with its own place. */
export interface Prepared {
  /** Least hashes of the word grams of each text. */
  readonly texts: readonly Int32Array[];
  readonly keys: Int32Array;
  /** Words and signs of all texts. */
  readonly words: number;
}

/**
 * Finds items whose texts are alike: the first with the first, the second with the second, each at least as similar as
 * the threshold (Jaccard similarity of their word 3-grams). MinHash and bands choose what is compared; what is compared
 * is then counted out, so nothing is found that is less similar, and at the threshold itself at most 1 in 1000 is missed.
 * A function of the texts and their order alone. Memory: at most 4 KiB for each text and 1 KiB for an item.
 */
export class NearIndex {
  private readonly threshold: number;
  private readonly bands: Bands;
  private readonly table: BandTable;
  private readonly items: (readonly Int32Array[])[] = [];
  private readonly arena = new TokenArena();

  /** `threshold`: from 0.5 to 1. */
  constructor(threshold: number) {
    this.threshold = threshold;
    this.bands = bandsFor(threshold);
    this.table = new BandTable(this.bands.bands);
  }

  prepare(texts: readonly string[]): Prepared {
    const grams = texts.map(wordGrams);
    const hashes = grams.map((one) => one.hashes);
    return {
      texts: hashes.map(sketchOf),
      keys: bandKeys(minHash(hashes), this.bands),
      words: grams.reduce((sum, { words }) => sum + words, 0),
    };
  }

  /** Numbers of the items that are near to this one, the earliest first. */
  near({ texts, keys }: Prepared): number[] {
    const found: number[] = [];
    for (const item of this.table.candidates(keys)) {
      const other = this.items[item] ?? [];
      const alike = (text: Int32Array, place: number): boolean =>
        jaccard(text, other[place] ?? new Int32Array(0)) >= this.threshold;
      if (other.length === texts.length && texts.every(alike)) found.push(item);
    }
    return found.sort((a, b) => a - b);
  }

  /** Keeps an item; returns its number, counted from 0. */
  add({ texts, keys }: Prepared): number {
    this.items.push(texts.map((text) => this.arena.store(text)));
    return this.table.add(keys);
  }
}
