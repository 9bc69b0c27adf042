import { type DType, gradOf, keep, noGrad, scope, type Tensor } from '../torch/index.js';
import { PackedWeight } from './packed-weight.js';
import { joinMaster, splitMaster } from './split-master.js';

/**
 * One weight of a model, under its Hugging Face name. The forward pass reads `value`, in the dtype of computation. The
 * optimiser moves float32 weights: `value` itself, or while it is bfloat16, `value` and its `rest` joined. A weight may
 * stay `packed`, in the width of its file, until something asks for its `value`.
 */
export class Parameter {
  readonly shape: readonly number[];
  #name: string;
  #value: Tensor | undefined;
  #packed: PackedWeight | undefined;
  #rest: Tensor | undefined;
  #trained = false;
  #gradient: Tensor | undefined;

  constructor(name: string, value: Tensor | PackedWeight) {
    this.#name = name;
    if (value instanceof PackedWeight) {
      this.shape = [value.rows, value.columns];
      this.#packed = value;
    } else {
      this.shape = value.shape;
      this.#value = keep(value);
    }
  }

  get name(): string {
    return this.#name;
  }

  /** Puts `role` before its name, where the weights of several models lie in one checkpoint. */
  assign(role: string): void {
    this.#name = `${role}${this.#name}`;
  }

  get value(): Tensor {
    this.#value ??= this.#unpack();
    return this.#value;
  }

  /** The weight in the width of its file; undefined once it is dense. */
  get packed(): PackedWeight | undefined {
    return this.#packed;
  }

  /** The tensor that holds it, packed or not. */
  get stored(): Tensor {
    return this.#packed?.slabs ?? this.value;
  }

  /** The dtype of computation. */
  get dtype(): DType {
    return this.#packed?.dtype ?? this.value.dtype;
  }

  get device(): string {
    return this.stored.device;
  }

  get trained(): boolean {
    return this.#trained;
  }

  /** int16: what a trained bfloat16 value lacks to its float32 master. */
  get rest(): Tensor | undefined {
    return this.#rest;
  }

  /** The float32 weights: the value itself where it is float32, else a new tensor of the scope. */
  wide(): Tensor {
    const [value, rest] = [this.value, this.#rest];
    if (value.dtype === 'float32') return value;
    return scope(() => noGrad(() => (rest === undefined ? value.toDtype('float32') : joinMaster({ value, rest }))));
  }

  /** Elements. */
  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /**
   * Starts training it: products read `dtype`, the optimiser moves float32. Memory mapped from a file is copied first, since
   * it would be copied page by page otherwise.
   */
  train(dtype: 'float32' | 'bfloat16' = 'float32'): void {
    if (this.#trained) return;
    this.#trained = true;
    scope(() => noGrad(() => this.#becomeTrained(dtype)));
    this.value.setRequiresGrad(true);
  }

  #becomeTrained(dtype: 'float32' | 'bfloat16'): void {
    const loaded = this.value;
    if (dtype === 'float32') {
      this.replace(loaded.dtype === 'float32' ? loaded.clone() : loaded.toDtype('float32'));
    } else {
      const { value, rest } = splitMaster(loaded.toDtype('float32'));
      this.#rest = keep(rest);
      this.replace(value);
    }
  }

  /** Puts other weights of the same shape in place; the old ones are freed. */
  replace(value: Tensor): void {
    const old = this.#value;
    this.#value = keep(value);
    if (old !== value) old?.dispose();
    this.#dropPacked();
  }

  /** Overwrites the weights, with float32 ones as a checkpoint holds them. */
  restore(weights: Tensor): void {
    scope(() =>
      noGrad(() => {
        if (this.#rest === undefined) this.value.copy_(weights);
        else {
          const { value, rest } = splitMaster(weights.toDtype('float32'));
          this.value.copy_(value);
          this.#rest.copy_(rest);
        }
      }),
    );
  }

  /** Takes what the last backward pass left; the caller owns it. */
  takeFresh(): Tensor | undefined {
    const fresh = gradOf(this.value);
    if (fresh === undefined) return undefined;
    this.value.clearGrad();
    return keep(fresh);
  }

  /** The step's gradient so far: float32, or of the dtype of computation while it is that of one micro-batch. */
  get gradient(): Tensor | undefined {
    return this.#gradient;
  }

  /** Puts another one in place; the old one is freed. */
  replaceGradient(gradient: Tensor): void {
    const old = this.#gradient;
    this.#gradient = keep(gradient);
    if (old !== gradient) old?.dispose();
  }

  clearGradient(): void {
    this.#gradient?.dispose();
    this.#gradient = undefined;
    this.#value?.clearGrad();
  }

  /** Frees all it owns. */
  dispose(): void {
    this.clearGradient();
    this.#rest?.dispose();
    this.#rest = undefined;
    this.#value?.dispose();
    this.#dropPacked();
  }

  /** Converts the value to the dtype of computation, before training starts. */
  convert(dtype: 'float32' | 'bfloat16'): void {
    if (this.value.dtype !== dtype) this.replace(scope(() => this.value.toDtype(dtype)));
  }

  /** Moves the value to another device, before training starts. */
  move(device: string): void {
    if (this.device !== device) this.replace(scope(() => this.value.toDevice(device, this.dtype)));
  }

  #unpack(): Tensor {
    const { packed } = this;
    if (packed === undefined) throw new RangeError(`${this.#name} is freed`);
    const dense = keep(packed.dense());
    this.#dropPacked();
    return dense;
  }

  #dropPacked(): void {
    this.#packed?.dispose();
    this.#packed = undefined;
  }
}
