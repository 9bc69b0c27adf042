import { linear as affine, dropoutMask, fusedLinears, sent, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';

/** Dropout of one forward pass: each element of a layer's input is dropped or kept by the seed and its place alone. */
export interface Dropout {
  /** Share of elements that are dropped. */
  readonly rate: number;
  readonly seed: number;
}

/** What is added to a layer's output: scale * dropout(x) A^T B^T (LoRA, arXiv 2106.09685). */
export interface LowRankUpdate {
  /** A `[r, in]`. */
  readonly down: Tensor;
  /** B `[out, r]`. */
  readonly up: Tensor;
  readonly scale: number;
  readonly dropout: Dropout | undefined;
  /** Tells the layer's mask from those of others under the same seed. */
  readonly stream: number;
}

/** y = x W^T + b, with a low-rank update or none. */
export interface Affine {
  /** `[out, in]`. */
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly update: LowRankUpdate | undefined;
}

/** Layers that read the same rows: `input [N, in]` -> `[N, out]` of each. */
export function linears(input: Tensor, layers: readonly Affine[]): Tensor[] {
  const updates = layers.flatMap(({ update }) => update ?? []);
  const learns = updates.length > 0 || layers.some(({ weight }) => weight.requiresGrad);
  if (!learns || !canFuse('linears', input)) return plainLinears(input, layers);
  const dropout = updates[0]?.dropout;
  if (updates.some((update) => update.dropout !== dropout)) return layers.flatMap((layer) => linears(input, [layer]));
  return oneCall(input, layers);
}

/** All layers in one operator. Their updates share a dropout. */
export function oneCall(input: Tensor, layers: readonly Affine[]): Tensor[] {
  const dropout = layers.find(({ update }) => update !== undefined)?.update?.dropout;
  return fusedLinears(
    input,
    layers.flatMap(({ weight, bias, update }) => [weight, bias, update?.down, update?.up]),
    layers.map(({ update }) => update?.scale ?? 0),
    dropout?.rate ?? 0,
    dropout?.seed ?? 0,
    layers.map(({ update }) => update?.stream ?? 0),
  );
}

/** The same in plain operators: what the fused one is tested against, and what other dtypes and devices take. */
export function plainLinears(input: Tensor, layers: readonly Affine[]): Tensor[] {
  return layers.map(({ weight, bias, update }) => updated(input, affine(input, weight, { bias }), update));
}

/** Adds a layer's low-rank update to its `output [N, out]`, in place: no backward pass of a product needs its output. */
export function updated(input: Tensor, output: Tensor, update: LowRankUpdate | undefined): Tensor {
  if (update === undefined) return output;
  const low = affine(dropped(input, update), update.down);
  return output.addmm_(low, update.up.transpose(0, 1), { alpha: update.scale });
}

function dropped(input: Tensor, { dropout, stream }: LowRankUpdate): Tensor {
  if (dropout === undefined) return input;
  const mask = dropoutMask(input.size(0), input.size(1), dropout.rate, dropout.seed, stream);
  return input.mul(sent(mask.toDtype(input.dtype), input.device));
}
