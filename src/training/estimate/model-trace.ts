import { attachLora } from '../../adapters/attach.js';
import type { AdapterConfig } from '../../adapters/config.js';
import type { ModelConfig } from '../../models/model-config.js';
import { outlineModel } from '../../models/model-outline.js';
import { type AttentionLearning, attentionFlops, type Learning, linearFlops } from '../../nn/flops.js';
import { WorkCount } from '../../nn/work.js';
import { fromIndices, scope, type Tensor } from '../../torch/index.js';
import type { ForestShape } from './forest-shape.js';

interface LinearTrace {
  readonly inputs: number;
  readonly outputs: number;
  readonly learns: Learning;
}

interface AttentionTrace {
  readonly heads: number;
  readonly size: number;
  readonly window: number | undefined;
  readonly learns: AttentionLearning;
}

/** Every product of one pass through a model, in its order. */
export interface ModelTrace {
  readonly layers: number;
  readonly positions: number;
  readonly linears: readonly LinearTrace[];
  readonly attentions: readonly AttentionTrace[];
  /** `[V, D]` of the vocabulary head. */
  readonly head: { readonly vocabulary: number; readonly width: number; readonly learns: Learning };
  /** Elements of the model's weights, and of those that are trained; the largest of these. */
  readonly weights: number;
  readonly trained: number;
  readonly largestTrained: number;
}

export interface TraceOptions {
  readonly adapter?: AdapterConfig | undefined;
  /** Nothing learns. */
  readonly frozen?: boolean;
}

/** Follows one token through a model of the config's shapes. */
export function traceModel(config: ModelConfig, { adapter, frozen = false }: TraceOptions): ModelTrace {
  const tracer = new Tracer();
  return scope(() => {
    const model = outlineModel(config, tracer);
    const parameters = [...model.store.parameters.values()];
    const weights = parameters.reduce((sum, { count }) => sum + count, 0);
    const lora = adapter && attachLora(model.store, adapter, 1);
    try {
      if (lora === undefined && !frozen) for (const { value } of parameters) value.setRequiresGrad(true);
      const learning = frozen ? [] : (lora?.parameters ?? parameters);
      const hidden = model.hidden(fromIndices([0]), {
        positions: fromIndices([0]),
        pairs: (window) => {
          tracer.window = window;
          return 0;
        },
        attend: (_layer, query, key, value) => query.add(key.sum()).add(value.sum()),
      });
      const { weight } = model.head;
      return {
        layers: model.sizes.layers,
        positions: model.sizes.positions,
        linears: tracer.linears,
        attentions: tracer.attentions,
        head: {
          vocabulary: weight.shape[0] ?? 0,
          width: weight.shape[1] ?? 0,
          learns: { input: hidden.requiresGrad, weight: weight.value.requiresGrad },
        },
        weights,
        trained: learning.reduce((sum, { count }) => sum + count, 0),
        largestTrained: learning.reduce((most, { count }) => Math.max(most, count), 0),
      };
    } finally {
      lora?.dispose();
      model.store.dispose();
    }
  });
}

/** Notes what a count would add up. */
class Tracer extends WorkCount {
  readonly linears: LinearTrace[] = [];
  readonly attentions: AttentionTrace[] = [];
  window: number | undefined;

  override product(_rows: number, inputs: number, outputs: number, learns: Learning): void {
    this.linears.push({ inputs, outputs, learns });
  }

  override attention(_pairs: number, query: Tensor, key: Tensor, value: Tensor, output: Tensor): void {
    const learns = output.requiresGrad
      ? { query: query.requiresGrad, key: key.requiresGrad, value: value.requiresGrad }
      : { query: false, key: false, value: false };
    this.attentions.push({ heads: query.size(1), size: query.size(2), window: this.window, learns });
  }
}

const NOTHING: Learning & AttentionLearning = { input: false, weight: false, query: false, key: false, value: false };

/** Operations of a pass over a forest: forward, and backward where it learns. */
export function passFlops(trace: ModelTrace, shape: ForestShape, learns: boolean): number {
  const { tokens, rows, ends } = shape;
  let flops = 0;
  for (const one of trace.linears) flops += linearFlops(tokens, one.inputs, one.outputs, learns ? one.learns : NOTHING);
  const pairs = new Map<number | undefined, number>();
  for (const { heads, size, window, learns: sides } of trace.attentions) {
    const seen = pairs.get(window) ?? shape.pairs(window);
    pairs.set(window, seen);
    flops += attentionFlops(seen, heads, size, learns ? sides : NOTHING);
  }
  const { vocabulary, width, learns: head } = trace.head;
  if (rows > 0) flops += linearFlops(rows, width, vocabulary, learns ? head : NOTHING);
  // one scalar from a trained row: of a reward model, whose head is always trained
  if (ends > 0) flops += linearFlops(ends, width, 1, learns ? { input: head.input, weight: true } : NOTHING);
  return flops;
}
