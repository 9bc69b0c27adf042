import type { Tensor } from '../torch/index.js';
import type { Parameter } from './parameter.js';

/** What may be added to a linear layer's output: a low-rank update, for one. */
export interface LinearAdapter {
  /** `input [N, in]`, `output [N, out]` of the frozen layer -> the adapted output `[N, out]`. */
  apply(input: Tensor, output: Tensor): Tensor;
}

/** A linear layer as adapters see it. */
export interface LinearLayer {
  /** Hugging Face module name. */
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** The weight is stored `[in, out]`, as GPT-2 does, instead of `[out, in]`. */
  readonly transposed: boolean;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  adapter: LinearAdapter | undefined;
}
