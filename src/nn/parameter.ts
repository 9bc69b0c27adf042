import { gradOf, keep, noGrad, scope, type Tensor } from '../torch/index.js';

/**
 * One weight of a model, under its Hugging Face name. The forward pass reads `value`, in the dtype of computation.
 * While it is trained, `master` holds it in float32 for the optimiser: `value` itself when that is float32 already.
 */
export class Parameter {
  readonly shape: readonly number[];
  #name: string;
  #value: Tensor;
  #master: Tensor | undefined;
  #gradient: Tensor | undefined;

  constructor(name: string, value: Tensor) {
    this.#name = name;
    this.shape = value.shape;
    this.#value = keep(value);
  }

  get name(): string {
    return this.#name;
  }

  /** Puts `role` before its name, where the weights of several models lie in one checkpoint. */
  assign(role: string): void {
    this.#name = `${role}${this.#name}`;
  }

  get value(): Tensor {
    return this.#value;
  }

  get trained(): boolean {
    return this.#master !== undefined;
  }

  /** The float32 weights: the master while trained, else a conversion of the value. */
  get master(): Tensor {
    return this.#master ?? this.#value;
  }

  /** Elements. */
  get count(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /**
   * Starts training it: products read `dtype`, the optimiser a float32 master. Memory mapped from a file is copied
   * first, since it would be copied page by page otherwise.
   */
  train(dtype: 'float32' | 'bfloat16' = 'float32'): void {
    if (this.#master !== undefined) return;
    const loaded = this.#value;
    const master = keep(loaded.dtype === 'float32' ? loaded.clone() : loaded.toDtype('float32'));
    this.#master = master;
    this.replace(dtype === 'float32' ? master : master.toDtype(dtype));
    this.#value.setRequiresGrad(true);
  }

  /** Puts other weights of the same shape in place; the old ones are freed. */
  replace(value: Tensor): void {
    const old = this.#value;
    this.#value = keep(value);
    if (old !== value) old.dispose();
  }

  /** Overwrites master and value, as a checkpoint does. */
  restore(weights: Tensor): void {
    noGrad(() => {
      this.master.copy_(weights);
      if (this.#master !== this.#value) this.#value.copy_(weights);
    });
  }

  /** After an optimiser step: the value follows its master. */
  publish(): void {
    const master = this.#master;
    if (master === undefined || master === this.#value) return;
    noGrad(() => this.#value.copy_(master));
  }

  /**
   * Adds what the last backward pass left to the step's gradient, in float32, so that many micro-batches lose no digits to a
   * narrow dtype. The gradient of a single one stays as it is: it has no digits to lose, and takes half the memory.
   */
  gather(): void {
    const fresh = gradOf(this.#value);
    if (fresh === undefined) return;
    const before = this.#gradient;
    if (before === undefined) {
      this.#gradient = keep(fresh);
    } else {
      const total = before.dtype === 'float32' ? before : keep(scope(() => before.toDtype('float32')));
      if (total !== before) before.dispose();
      noGrad(() => total.add_(fresh));
      fresh.dispose();
      this.#gradient = total;
    }
    this.#value.clearGrad();
  }

  /** The step's gradient so far: float32, or of the dtype of computation while it is that of one micro-batch. */
  get gradient(): Tensor | undefined {
    return this.#gradient;
  }

  clearGradient(): void {
    this.#gradient?.dispose();
    this.#gradient = undefined;
    this.#value.clearGrad();
  }

  /** Frees all it owns. */
  dispose(): void {
    this.clearGradient();
    if (this.#master !== this.#value) this.#master?.dispose();
    this.#master = undefined;
    this.#value.dispose();
  }

  /** Converts the value to the dtype of computation, before training starts. */
  convert(dtype: 'float32' | 'bfloat16'): void {
    if (this.#value.dtype !== dtype) this.replace(scope(() => this.#value.toDtype(dtype)));
  }
}
