import { fromIndices, keep, scope, type Tensor, zeros } from '../torch/index.js';

/** Positions by which the buffers grow. */
const BLOCK = 64;

interface LayerBuffers {
  /** `[B, capacity, G, K]`. */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of every layer for rows of different lengths, each row's tokens from the left of its buffer.
 * It owns its buffers whatever scope they are made in; `dispose` frees them.
 */
export class KeyValueCache {
  readonly #layers = new Map<number, LayerBuffers>();
  #lengths: readonly number[];
  #capacity: number;

  /** Rows that will hold `lengths` tokens once a prefill has stored them. */
  constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
    this.#capacity = blocks(Math.max(0, ...lengths));
  }

  /** Tokens of each row whose keys and values are held. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Takes the prompts' `keys` and `values` `[N, G, K]`, rows end to end. */
  storePrompts(layer: number, keys: Tensor, values: Tensor): void {
    const buffers = this.#makeBuffers([this.#lengths.length, this.#capacity, keys.size(1), keys.size(2)], keys);
    this.#layers.set(layer, buffers);
    let begin = 0;
    for (const [row, length] of this.#lengths.entries()) {
      buffers.keys
        .select(0, row)
        .narrow(0, 0, length)
        .copy_(keys.narrow(0, begin, length));
      buffers.values
        .select(0, row)
        .narrow(0, 0, length)
        .copy_(values.narrow(0, begin, length));
      begin += length;
    }
  }

  /**
   * Puts one token of each row, `keys` and `values` `[B, G, K]`, behind those held, at `slots()`. Returns what each
   * layer attends to, both `[B, G, L, K]` with L the longest row, this token included.
   */
  store(layer: number, slots: Tensor, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    const buffers = this.#layers.get(layer);
    if (buffers === undefined) throw new RangeError(`layer ${layer} holds no prompts`);
    const longest = Math.max(...this.#lengths) + 1;
    const write = (buffer: Tensor, rows: Tensor): Tensor => {
      const [batch = 0, capacity = 0, groups = 0, size = 0] = buffer.shape;
      buffer.view([batch * capacity, groups, size]).indexCopy_(0, slots, rows);
      return buffer.narrow(1, 0, longest).transpose(1, 2);
    };
    return { keys: write(buffers.keys, keys), values: write(buffers.values, values) };
  }

  /** Where the next token of each row goes, `[B]` int64 on `device`: indices into the buffers' first two dimensions. */
  slots(device: string): Tensor {
    const slots = Int32Array.from(this.#lengths, (length, row) => row * this.#capacity + length);
    return fromIndices(slots).toDevice(device, 'int64');
  }

  /** Makes room for one more token of each row. */
  reserve(): void {
    const needed = blocks(Math.max(...this.#lengths) + 1);
    if (needed <= this.#capacity) return;
    const held = this.#capacity;
    this.#capacity = needed;
    scope(() =>
      this.#replaceBuffers((old) => {
        const [batch = 0, , groups = 0, size = 0] = old.shape;
        const buffer = zeros([batch, needed, groups, size], { dtype: old.dtype, device: old.device });
        buffer.narrow(1, 0, held).copy_(old);
        return buffer;
      }),
    );
  }

  /** Counts the token that `store` has put into every layer. */
  advance(): void {
    this.#lengths = this.#lengths.map((length) => length + 1);
  }

  /** Keeps only these rows, ascending, a row as often as it is named, and frees the others' memory. */
  keepRows(rows: readonly number[]): void {
    if (rows.length === this.#lengths.length) return;
    this.#lengths = rows.map((row) => this.#lengths[row] ?? 0);
    const [first] = this.#layers.values();
    if (first === undefined) return;
    scope(() => {
      const indices = fromIndices(rows).toDevice(first.keys.device, 'int64');
      this.#replaceBuffers((old) => old.indexSelect(0, indices));
    });
  }

  dispose(): void {
    for (const { keys, values } of this.#layers.values()) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.clear();
  }

  /** Zeros, since an unwritten position is masked by a weight of 0, which NaN would survive. */
  #makeBuffers(shape: readonly number[], { dtype, device }: Tensor): LayerBuffers {
    const keys = zeros(shape, { dtype, device });
    const values = zeros(shape, { dtype, device });
    return { keys: keep(keys), values: keep(values) };
  }

  #replaceBuffers(change: (old: Tensor) => Tensor): void {
    for (const [layer, { keys, values }] of this.#layers) {
      const changed = { keys: change(keys), values: change(values) };
      this.#layers.set(layer, { keys: keep(changed.keys), values: keep(changed.values) });
      keys.dispose();
      values.dispose();
    }
  }
}

function blocks(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}
