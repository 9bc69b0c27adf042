import type { ModelSizes } from '../../models/causal-lm.js';
import { curveThrough, extrapolated, type Point } from './curve.js';
import type { Pass } from './pass.js';
import type { PassCost } from './probe.js';

/** Bytes a weight takes. */
export interface WeightBytes {
  /** Of a trained one: its float32, in two halves or as a whole, and both moments. */
  readonly trained: number;
  /** Its gradient as a backward pass leaves it, and summed over micro-batches. */
  readonly fresh: number;
  readonly summed: number;
}

export function weightBytes(precision: 'fp32' | 'bf16'): WeightBytes {
  return { trained: 12, fresh: precision === 'bf16' ? 2 : 4, summed: 4 };
}

/** Bytes of a pass over so many tokens at its peak, above all that is there before it. */
export interface PassBytes {
  /** While it goes forward, what then waits, and when the way back begins. */
  readonly forward: (tokens: number) => number;
  readonly kept: (tokens: number) => number;
  readonly back: (tokens: number) => number;
  readonly look: (tokens: number) => number;
  /** Through the layers without gradients, as a prompt is read: what a layer makes goes when it ends. */
  readonly layers: (tokens: number) => number;
}

export interface MeasuredBytes {
  readonly tokens: number;
  readonly lookOnly: boolean;
  readonly few: PassCost;
  readonly more: PassCost;
}

/** Activations grow with tokens and layers, what head and ends take with tokens alone: measured at two depths. */
export function passBytes(
  measured: readonly MeasuredBytes[],
  depths: { readonly few: number; readonly more: number; readonly all: number },
): PassBytes {
  const curve = (
    points: readonly MeasuredBytes[],
    bytesOf: (deep: (of: (cost: PassCost) => number) => number, few: PassCost) => number,
  ) =>
    curveThrough(
      points.map(({ tokens, few, more }): Point => {
        const deep = (of: (cost: PassCost) => number): number =>
          extrapolated({ x: depths.few, y: of(few) }, { x: depths.more, y: of(more) }, depths.all);
        return { x: tokens, y: bytesOf(deep, few) };
      }),
    );
  const learnt = measured.filter(({ lookOnly }) => !lookOnly);
  return {
    // with few layers the head may hide what the layers take
    forward: curve(learnt, (deep) =>
      Math.max(
        deep(({ layerBytes }) => layerBytes),
        deep(({ forwardBytes }) => forwardBytes),
      ),
    ),
    kept: curve(learnt, (deep) => deep(({ keptBytes }) => keptBytes)),
    // all activations are alive then; what it adds there does not depend on the layers
    back: curve(learnt, (deep, few) => deep(({ keptBytes }) => keptBytes) + few.backwardBytes - few.keptBytes),
    look: curve(measured, (deep) =>
      Math.max(
        deep(({ lookLayerBytes }) => lookLayerBytes),
        deep(({ lookBytes }) => lookBytes),
      ),
    ),
    layers: curve(measured, (deep) => deep(({ lookLayerBytes }) => lookLayerBytes)),
  };
}

export interface MemoryPlanParts {
  readonly bytes: WeightBytes;
  /** Trained weights, and the largest of them. */
  readonly trained: number;
  readonly largest: number;
  readonly passes: PassBytes;
  readonly sizes: ModelSizes;
  /** Bytes of a number in products. */
  readonly width: number;
  /** Models that learn from a pass: the policy, and a critic with weights of its own. */
  readonly learners: number;
}

/** Bytes of a row's scores and all that drawing from them makes: logits in both dtypes, weights, their sum in float64. */
const SCORE_BYTES = 30;

/** What passes and updates take above what always lies there. */
export class MemoryPlan {
  readonly #parts: MemoryPlanParts;

  constructor(parts: MemoryPlanParts) {
    this.#parts = parts;
  }

  /** At the peak of a pass that `index` micro-batches of its update went before. */
  atPass({ kind, shape, cache = 0 }: Pass, index: number): number {
    const { bytes, trained, largest, passes, learners } = this.#parts;
    const held = index === 0 ? 0 : learners * trained * (index === 1 ? bytes.fresh : bytes.summed);
    const { layers, vocabulary } = this.#parts.sizes;
    const drawn = cache === 0 ? 0 : shape.rows * vocabulary * SCORE_BYTES;
    // a layer's buffers are there twice while they grow
    if (kind === 'decode') return this.#cached(cache) * (1 + 1 / layers) + drawn;
    if (kind === 'look' && cache === 0) return held + passes.look(shape.tokens);
    // scores are made when the prompts are through the layers
    if (kind === 'look') return this.#cached(cache) + Math.max(passes.layers(shape.tokens), drawn);
    // at the end of the way back all gradients are there, one of them twice while two uses of a weight are added up; those
    // of the second micro-batch then widen those of the first, one by one
    const end = learners * trained * bytes.fresh + largest * (index === 1 ? bytes.summed : bytes.fresh);
    // a critic goes forward last and back first: its gradients are there when the way back of the policy begins
    const waiting = learners * passes.kept(shape.tokens);
    const back = Math.max(waiting, passes.back(shape.tokens) + (learners - 1) * trained * bytes.fresh);
    return held + Math.max(passes.forward(shape.tokens), back, end);
  }

  /** When the weights are moved by the gradients of so many micro-batches; narrow gradients are widened one by one. */
  atMove(micro: number): number {
    const { bytes, trained, largest, learners } = this.#parts;
    const gathered = learners * trained * (micro > 1 ? bytes.summed : bytes.fresh);
    return gathered + (micro > 1 || bytes.fresh === bytes.summed ? 0 : largest * bytes.summed);
  }

  /** Keys and values of so many positions. */
  #cached(positions: number): number {
    const { sizes, width } = this.#parts;
    return 2 * positions * sizes.keyValueHeads * sizes.headSize * sizes.layers * width;
  }
}
