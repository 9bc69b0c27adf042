import type { Tensor } from '../torch/index.js';
import type { Learning } from './flops.js';
import { type LowRankUpdate, linears, updated } from './linears.js';
import { packedProducts } from './packed-weight.js';
import type { Parameter } from './parameter.js';
import type { ParameterSource } from './parameter-source.js';
import type { WorkCount } from './work.js';

/** What may be added to a linear layer's output. */
export interface LinearAdapter {
  /** The update of the forward pass under way; undefined while it is switched off. */
  update(): LowRankUpdate | undefined;
}

/** A linear layer as adapters see it. */
export type LinearLayer = Omit<Linear, 'forward'>;

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
    const [output] = together([this], input);
    return output;
  }
}

/** Layers that read the same rows `[N, in]` -> the output of each: what they share is computed once. */
export function together(layers: readonly [Linear], input: Tensor): [Tensor];
export function together(layers: readonly [Linear, Linear], input: Tensor): [Tensor, Tensor];
export function together(layers: readonly [Linear, Linear, Linear], input: Tensor): [Tensor, Tensor, Tensor];
export function together(layers: readonly Linear[], input: Tensor): Tensor[] {
  const updates = layers.map(({ adapter }) => adapter?.update());
  const outputs = products(layers, updates, input);
  layers.forEach((layer, i) => {
    const output = outputs[i];
    if (output !== undefined) count(layer, updates[i], input, output);
  });
  return outputs;
}

type Updates = readonly (LowRankUpdate | undefined)[];

function products(layers: readonly Linear[], updates: Updates, input: Tensor): Tensor[] {
  const packed = layers.flatMap(({ weight }) => weight.packed ?? []);
  if (packed.length < layers.length) {
    const dense = layers.map(({ weight, bias, transposed }, i) => ({
      weight: transposed ? weight.value.transpose(0, 1) : weight.value,
      bias: bias?.value,
      update: updates[i],
    }));
    return linears(input, dense);
  }
  return packedProducts(input, packed).map((product, i) => {
    const bias = layers[i]?.bias;
    return updated(input, bias === undefined ? product : product.add(bias.value), updates[i]);
  });
}

function count({ work, weight }: Linear, update: LowRankUpdate | undefined, input: Tensor, output: Tensor): void {
  const [rows = 0, inputs = 0] = input.shape;
  const outputs = output.size(1);
  const add = (from: number, to: number, learns: Learning): void =>
    work.product(rows, from, to, output.requiresGrad ? learns : { input: false, weight: false });
  add(inputs, outputs, { input: input.requiresGrad, weight: weight.stored.requiresGrad });
  if (update === undefined) return;
  const { down, up } = update;
  const reaches = input.requiresGrad || down.requiresGrad;
  add(inputs, down.size(0), { input: input.requiresGrad, weight: down.requiresGrad });
  add(down.size(0), outputs, { input: reaches, weight: up.requiresGrad });
}
