/** Most items walked through in one bucket: texts made from one mould would else be compared each with each. */
const LONGEST_WALK = 256;

/** A hash table from band keys to items, in three flat buffers: 8 bytes for each band of an item, and heads. */
export class BandTable {
  private readonly bands: number;
  private keys = new Int32Array(1024);
  private next = new Int32Array(1024);
  private heads = new Int32Array(1024).fill(-1);
  private used = 0;

  constructor(bands: number) {
    this.bands = bands;
  }

  /** Items held; the next one added gets this number. */
  get size(): number {
    return this.used / this.bands;
  }

  /** Adds an item under one key for each band; returns its number. */
  add(keys: Int32Array): number {
    const item = this.size;
    if (this.used + keys.length > this.keys.length) this.grow();
    for (const key of keys) {
      this.keys[this.used] = key;
      this.link(this.used++, key);
    }
    return item;
  }

  /** Items that share a band with these keys, each once, in no order; of a bucket the latest 256. */
  candidates(keys: Int32Array): Set<number> {
    const found = new Set<number>();
    for (const key of keys) {
      let walked = 0;
      for (let at = this.heads[this.slot(key)] ?? -1; at >= 0 && walked < LONGEST_WALK; at = this.next[at] ?? -1) {
        if (this.keys[at] !== key) continue;
        found.add(Math.floor(at / this.bands));
        walked++;
      }
    }
    return found;
  }

  private slot(key: number): number {
    return key & (this.heads.length - 1);
  }

  private link(entry: number, key: number): void {
    const slot = this.slot(key);
    this.next[entry] = this.heads[slot] ?? -1;
    this.heads[slot] = entry;
  }

  private grow(): void {
    const size = this.keys.length * 2;
    const keys = new Int32Array(size);
    keys.set(this.keys);
    this.keys = keys;
    this.next = new Int32Array(size);
    this.heads = new Int32Array(size).fill(-1);
    for (let entry = 0; entry < this.used; entry++) this.link(entry, keys[entry] ?? 0);
  }
}
