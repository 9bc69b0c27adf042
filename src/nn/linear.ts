import { linear as affine, type Tensor } from '../torch/index.js';
import { type PackedWeight, packedProducts } from './packed-weight.js';
import type { Parameter } from './parameter.js';
import type { ParameterSource } from './parameter-source.js';
import type { WorkCount } from './work.js';

/** What may be added to a linear layer's output: a low-rank update, for one. */
export interface LinearAdapter {
  /** `input [N, in]`, `output [N, out]` of the frozen layer -> the adapted output `[N, out]`. */
  apply(input: Tensor, output: Tensor): Tensor;
}

/** A linear layer as adapters see it. */
export type LinearLayer = Omit<Linear, 'forward' | 'finish'>;

/** Where a linear layer takes its parameters from and is entered under its name. */
export interface LinearOwner extends ParameterSource {
  /** Where its products are counted. */
  readonly work: WorkCount;
  add(linear: LinearLayer): void;
}

export interface LinearShape {
  readonly in: number;
  readonly out: number;
  readonly bias?: boolean;
  /** The checkpoint stores `[in, out]`, as GPT-2 does. */
  readonly transposed?: boolean;
}

/** `y = x W^T + b`, and the one place where an adapter can be hung. */
export class Linear {
  /** Hugging Face module name. */
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** The weight is stored `[in, out]`, as GPT-2 does, instead of `[out, in]`. */
  readonly transposed: boolean;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly work: WorkCount;
  adapter: LinearAdapter | undefined;

  constructor(owner: LinearOwner, name: string, shape: LinearShape) {
    this.name = name;
    this.work = owner.work;
    this.in = shape.in;
    this.out = shape.out;
    this.transposed = shape.transposed ?? false;
    const stored = this.transposed ? [shape.in, shape.out] : [shape.out, shape.in];
    this.weight = owner.take(`${name}.weight`, stored, 'normal');
    this.bias = shape.bias === true ? owner.take(`${name}.bias`, [shape.out], 'zeros') : undefined;
    owner.add(this);
  }

  /** `[N, in]` -> `[N, out]`. */
  forward(input: Tensor): Tensor {
    const { packed } = this.weight;
    if (packed !== undefined) return this.finish(input, only(packedProducts(input, [packed])));
    const weight = this.transposed ? this.weight.value.transpose(0, 1) : this.weight.value;
    const output = affine(input, weight, { bias: this.bias?.value });
    this.work.linear(input, this.weight.value, this.out, output);
    return this.adapter === undefined ? output : this.adapter.apply(input, output);
  }

  /** Adds to a product with the weight, `[N, out]`, what comes after it. */
  finish(input: Tensor, product: Tensor): Tensor {
    this.work.linear(input, this.weight.stored, this.out, product);
    const output = this.bias === undefined ? product : product.add(this.bias.value);
    return this.adapter === undefined ? output : this.adapter.apply(input, output);
  }
}

/** The outputs of layers that read the same `input [N, in]`: one product where their weights are packed. */
export function forwardAll(layers: readonly Linear[], input: Tensor): Tensor[] {
  const packed: PackedWeight[] = [];
  for (const { weight } of layers) if (weight.packed !== undefined) packed.push(weight.packed);
  if (packed.length < layers.length) return layers.map((layer) => layer.forward(input));
  const products = packedProducts(input, packed);
  return layers.map((layer, i) => layer.finish(input, only(products.slice(i, i + 1))));
}

function only([tensor]: readonly Tensor[]): Tensor {
  if (tensor === undefined) throw new RangeError('no product');
  return tensor;
}
