const CHUNK = 2 ** 18;

/** Keeps many short token lists in few large buffers: a list costs 4 bytes a token and one view. */
export class TokenArena {
  private chunk = new Int32Array(0);
  private used = 0;

  /** A copy of `ids` that lives as long as anything in its buffer is held. */
  store(ids: ArrayLike<number>): Int32Array {
    if (this.used + ids.length > this.chunk.length) {
      this.chunk = new Int32Array(Math.max(CHUNK, ids.length));
      this.used = 0;
    }
    const stored = this.chunk.subarray(this.used, this.used + ids.length);
    stored.set(ids);
    this.used += ids.length;
    return stored;
  }
}
