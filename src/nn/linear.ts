import { linear as affine, type Tensor } from '../torch/index.js';
import type { LinearAdapter, LinearLayer } from './linear-layer.js';
import type { Parameter } from './parameter.js';
import type { ParameterStore } from './parameter-store.js';

export interface LinearShape {
  readonly in: number;
  readonly out: number;
  readonly bias?: boolean;
  /** The checkpoint stores `[in, out]`, as GPT-2 does. */
  readonly transposed?: boolean;
}

/** `y = x W^T + b`, and the one place where an adapter can be hung. `name` is its Hugging Face module name. */
export class Linear implements LinearLayer {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly transposed: boolean;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  adapter: LinearAdapter | undefined;

  constructor(store: ParameterStore, name: string, shape: LinearShape) {
    this.name = name;
    this.in = shape.in;
    this.out = shape.out;
    this.transposed = shape.transposed ?? false;
    this.weight = store.take(`${name}.weight`, this.transposed ? [shape.in, shape.out] : [shape.out, shape.in]);
    this.bias = shape.bias === true ? store.take(`${name}.bias`, [shape.out], 'zeros') : undefined;
    store.add(this);
  }

  /** `[N, in]` -> `[N, out]`. */
  forward(input: Tensor): Tensor {
    const weight = this.transposed ? this.weight.value.transpose(0, 1) : this.weight.value;
    const output = affine(input, weight, { bias: this.bias?.value });
    return this.adapter === undefined ? output : this.adapter.apply(input, output);
  }
}
