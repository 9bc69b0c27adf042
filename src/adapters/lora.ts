import type { LinearAdapter, LinearLayer } from '../nn/linear.js';
import type { LowRankUpdate } from '../nn/linears.js';
import { Parameter } from '../nn/parameter.js';
import { noGrad, scope, type Tensor } from '../torch/index.js';
import type { AdapterMode } from './adapter-mode.js';

/** Float32 weights an adapter starts from: `down [rank, in]`, `up [out, rank]`. */
export interface LoraWeights {
  readonly down: Tensor;
  readonly up: Tensor;
}

/**
 * A low-rank update of one linear layer (LoRA, arXiv 2106.09685): y + scale * dropout(x) A^T B^T. Its parameters bear
 * PEFT's names, compute in the layer's dtype and, in float32 and bfloat16, are trained from the start with float32 masters.
 */
export class LoraAdapter implements LinearAdapter {
  readonly linear: LinearLayer;
  readonly scale: number;
  /** `lora_A [rank, in]`. */
  readonly down: Parameter;
  /** `lora_B [out, rank]`. */
  readonly up: Parameter;
  readonly #stream: number;
  readonly #mode: AdapterMode;

  /** `stream`: its place in the set, which tells its dropout from that of others. */
  constructor(
    linear: LinearLayer,
    weights: LoraWeights,
    { scale, stream, mode, role }: { scale: number; stream: number; mode: AdapterMode; role: string },
  ) {
    this.linear = linear;
    this.scale = scale;
    this.#stream = stream;
    this.#mode = mode;
    const names = tensorNames(linear);
    this.down = trainedParameter(`${role}${names.down}`, weights.down, linear);
    this.up = trainedParameter(`${role}${names.up}`, weights.up, linear);
  }

  update(): LowRankUpdate | undefined {
    if (!this.#mode.enabled) return undefined;
    const { scale } = this;
    return { down: this.down.value, up: this.up.value, scale, dropout: this.#mode.dropout, stream: this.#stream };
  }

  /** The update of the weight, float32, in the layout of the layer's weight. The caller frees it. */
  delta(): Tensor {
    return scope(() =>
      noGrad(() => {
        const product = this.up.wide().mm(this.down.wide()).mul_(this.scale);
        return this.linear.transposed ? product.transpose(0, 1).contiguous() : product;
      }),
    );
  }

  dispose(): void {
    this.down.dispose();
    this.up.dispose();
  }
}

/** The names PEFT gives the two weights of a layer's adapter. */
export function tensorNames(linear: LinearLayer): { readonly down: string; readonly up: string } {
  const prefix = `base_model.model.${linear.name}`;
  return { down: `${prefix}.lora_A.weight`, up: `${prefix}.lora_B.weight` };
}

function trainedParameter(name: string, weights: Tensor, linear: LinearLayer): Parameter {
  return scope(() =>
    noGrad(() => {
      const { dtype, device } = linear.weight;
      const trainable = dtype === 'float32' || dtype === 'bfloat16';
      const parameter = new Parameter(name, weights.toDevice(device, trainable ? 'float32' : dtype));
      if (trainable) parameter.train(dtype);
      return parameter;
    }),
  );
}
