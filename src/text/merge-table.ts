/** No token of any merge, or no merge. */
export const NONE = -1;

/**
 * The merges of byte pairs by numbers: every token that a merge takes or makes has one. A pair is found by its two numbers,
 * since a string that was just joined would have to be hashed before it could be looked up. Where a pair lies is drawn anew
 * for every table, so that no file can be made whose pairs all meet.
 */
export class MergeTable {
  readonly #numbers = new Map<string, number>();
  /** By rank: the number of the token that the merge makes. */
  readonly #made: Int32Array;
  // open addressing: left, right and rank of a merge, or a rank of NONE where a place is free
  readonly #places: Int32Array;
  readonly #shift: number;
  readonly #factors = [oddNumber(), oddNumber()] as const;

  constructor(merges: readonly unknown[]) {
    const bits = Math.ceil(Math.log2(2 * merges.length + 2));
    this.#shift = 32 - bits;
    this.#places = new Int32Array(3 * 2 ** bits).fill(NONE);
    this.#made = new Int32Array(merges.length);
    merges.forEach((merge, rank) => {
      // a file may hold anything here; what is no pair never merges
      const [left, right] = Array.isArray(merge) && merge.length === 2 ? merge : [];
      if (typeof left !== 'string' || typeof right !== 'string') return;
      this.#made[rank] = this.#named(left + right);
      const [a, b] = [this.#named(left), this.#named(right)];
      const place = this.#placeOf(a, b);
      this.#places[place] = a;
      this.#places[place + 1] = b;
      this.#places[place + 2] = rank;
    });
  }

  /** The number of a token; negative where no merge knows it. */
  numberOf(token: string): number {
    return this.#numbers.get(token) ?? NONE;
  }

  /** The rank of the merge of two tokens by their numbers; negative where they do not merge. */
  rankOf(left: number, right: number): number {
    if (left < 0 || right < 0) return NONE;
    return this.#places[this.#placeOf(left, right) + 2] ?? NONE;
  }

  /** The number of the token that the merge of a rank makes. */
  madeBy(rank: number): number {
    return this.#made[rank] ?? NONE;
  }

  #named(token: string): number {
    const known = this.#numbers.get(token);
    if (known !== undefined) return known;
    this.#numbers.set(token, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** Where a pair stands, or the free place for it. */
  #placeOf(left: number, right: number): number {
    let place = 3 * ((Math.imul(left, this.#factors[0]) + Math.imul(right, this.#factors[1])) >>> this.#shift);
    for (;;) {
      if (this.#places[place + 2] === NONE || (this.#places[place] === left && this.#places[place + 1] === right)) {
        return place;
      }
      place = place + 3 === this.#places.length ? 0 : place + 3;
    }
  }
}

/** Of 32 bits. */
const oddNumber = (): number => Math.floor(Math.random() * 2 ** 31) * 2 + 1;
