import { addon } from './addon.js';
import type { Handle } from './binding.js';
import { type DType, dtypeName } from './dtype.js';
import { guard } from './guard.js';
import { track } from './scope.js';

/** The state behind a tensor and what needs no operator. Every tensor belongs to the scope it was made in. */
export class TensorBase {
  readonly handle: Handle;
  #shape: readonly number[] | undefined;
  #guardian: Handle | null = null;

  constructor(handle: Handle) {
    this.handle = handle;
    track(this);
  }

  /** Sizes of the dimensions, outermost first. */
  get shape(): readonly number[] {
    this.#shape ??= guard('shape', [], () => addon().shape(this.handle));
    return this.#shape;
  }

  get dtype(): DType {
    return guard('dtype', [], () => dtypeName(addon().dtype(this.handle)));
  }

  /** `cpu` or `cuda:0`. */
  get device(): string {
    return guard('device', [], () => addon().device(this.handle));
  }

  /** Size of dimension `dim`; negative counts from the end. */
  size(dim: number): number {
    const { shape } = this;
    const size = shape[dim < 0 ? shape.length + dim : dim];
    if (size === undefined) throw new RangeError(`dimension ${dim} of a tensor of shape [${shape.join(', ')}]`);
    return size;
  }

  /** Elements in all. */
  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** The single element as a number. */
  item(): number {
    return guard('item', [this], () => addon().item(this.handle));
  }

  /** Frees the memory now; doing so twice is no error, any later use is one. */
  dispose(): void {
    addon().dispose(this.handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** No scope frees it any more: from now on the garbage collector does, unless `dispose` comes first. */
  outlive(): void {
    this.#guardian ??= addon().guardian(this.handle);
  }

  get requiresGrad(): boolean {
    return guard('requiresGrad', [this], () => addon().requiresGrad(this.handle));
  }

  /** Makes a leaf collect its gradient, or stop doing so. */
  setRequiresGrad(required: boolean): this {
    guard('setRequiresGrad', [this, required], () => addon().setRequiresGrad(this.handle, required));
    return this;
  }

  clearGrad(): void {
    guard('clearGrad', [this], () => addon().clearGrad(this.handle));
  }

  /** `float32 [2, 3]`, for messages. */
  describe(): string {
    return `${this.dtype} [${this.shape.join(', ')}]`;
  }
}
