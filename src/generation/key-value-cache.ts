import { arange, keep, scope, type Tensor, zeros } from '../torch/index.js';

/** Positions by which the buffers grow, at least; a multiple of `LANES`. */
const BLOCK = 64;
/** Positions of a block of keys. */
const LANES = 16;
/** Growing copies all that is held, so it takes more than is asked for. */
const GROWTH = 1.5;

/** What one layer holds of every slot; positions beyond a row's length hold nothing of meaning. */
export interface LayerBuffers {
  /** `[slots, G, capacity / 16, K, 16]`: positions innermost in blocks, see native/kernels/cached-attention.cc. */
  readonly keys: Tensor;
  /** `[slots, G, capacity, K]`. */
  readonly values: Tensor;
}

/**
 * Keys and values of every layer for rows of different lengths. A row has a slot from `admit` to `leave`; rows come and
 * go without moving the others. The cache owns its buffers whatever scope they are made in; `dispose` frees them.
 */
export class KeyValueCache {
  readonly #layers = new Map<number, LayerBuffers>();
  /** Tokens held by slot; undefined where it is free. */
  readonly #lengths: (number | undefined)[];
  #capacity = 0;

  /** Room for this many rows at a time. */
  constructor(slots: number) {
    this.#lengths = new Array<number | undefined>(slots).fill(undefined);
  }

  /** Rows that can still be admitted. */
  get free(): number {
    return this.#lengths.filter((length) => length === undefined).length;
  }

  /** Tokens of each of these rows whose keys and values are held. */
  lengths(slots: readonly number[]): number[] {
    return slots.map((slot) => this.#lengths[slot] ?? 0);
  }

  /** Gives slots to `count` rows that hold `length` tokens once a prefill has stored them. */
  admit(length: number, count: number): number[] {
    const slots: number[] = [];
    for (const [slot, held] of this.#lengths.entries())
      if (held === undefined && slots.length < count) slots.push(slot);
    if (slots.length < count) throw new RangeError(`${count} rows need slots, ${slots.length} are free`);
    for (const slot of slots) this.#lengths[slot] = length;
    this.#reserve(length);
    return slots;
  }

  /** Frees a row's slot for another. */
  leave(slot: number): void {
    this.#lengths[slot] = undefined;
  }

  /** Makes room for one more token of each of these rows. */
  reserve(slots: readonly number[]): void {
    this.#reserve(Math.max(...this.lengths(slots)) + 1);
  }

  /** Counts the token of each of these rows that has been put into every layer. */
  advance(slots: readonly number[]): void {
    for (const slot of slots) this.#lengths[slot] = (this.#lengths[slot] ?? 0) + 1;
  }

  /** The buffers of a layer that holds prompts already. */
  buffers(layer: number): LayerBuffers {
    const buffers = this.#layers.get(layer);
    if (buffers === undefined) throw new RangeError(`layer ${layer} holds no prompts`);
    return buffers;
  }

  /** Puts `keys` and `values` `[n, G, K]` of tokens from position `from` on into the slots of rows that share them. */
  storePrompt(layer: number, slots: readonly number[], from: number, keys: Tensor, values: Tensor): void {
    const [count = 0, groups = 0, size = 0] = keys.shape;
    const buffers = this.#layers.get(layer) ?? this.#makeBuffers(layer, groups, size, values.size(2), keys);
    const places = blockPlaces(arange(from, from + count, { dtype: 'int64', device: keys.device }));
    for (const slot of slots) {
      // [blocks, 16, G, K]
      buffers.keys.select(0, slot).permute([1, 3, 0, 2]).indexPut_(places, keys);
      buffers.values.select(0, slot).narrow(1, from, count).copy_(values.transpose(0, 1));
    }
  }

  dispose(): void {
    for (const { keys, values } of this.#layers.values()) {
      keys.dispose();
      values.dispose();
    }
    this.#layers.clear();
  }

  /** Zeros, since an unwritten position is masked by a weight of 0, which NaN would survive. */
  #makeBuffers(layer: number, groups: number, keySize: number, valueSize: number, like: Tensor): LayerBuffers {
    const slots = this.#lengths.length;
    const options = { dtype: like.dtype, device: like.device };
    const keys = zeros([slots, groups, this.#capacity / LANES, keySize, LANES], options);
    const values = zeros([slots, groups, this.#capacity, valueSize], options);
    const buffers = { keys: keep(keys), values: keep(values) };
    this.#layers.set(layer, buffers);
    return buffers;
  }

  #reserve(needed: number): void {
    if (needed <= this.#capacity) return;
    const held = this.#capacity;
    this.#capacity = grownCapacity(held, needed);
    // in both the third dimension runs over positions, or blocks of them
    const grown = (old: Tensor): Tensor => {
      const [slots = 0, groups = 0, length = 0, ...rest] = old.shape;
      const shape = [slots, groups, (length / held) * this.#capacity, ...rest];
      const buffer = zeros(shape, { dtype: old.dtype, device: old.device });
      buffer.narrow(2, 0, length).copy_(old);
      old.dispose();
      return keep(buffer);
    };
    scope(() => {
      for (const [layer, { keys, values }] of this.#layers)
        this.#layers.set(layer, { keys: grown(keys), values: grown(values) });
    });
  }
}

/** Positions that buffers of `held` have once `needed` are asked for. */
export function grownCapacity(held: number, needed: number): number {
  return needed <= held ? held : Math.ceil(Math.max(needed, held * GROWTH) / BLOCK) * BLOCK;
}

/** Positions `[n]` as block and place in it, `[n]` each. */
export function blockPlaces(positions: Tensor): [block: Tensor, place: Tensor] {
  const place = positions.remainder(LANES);
  return [positions.sub(place).div(LANES).toDtype('int64'), place];
}
