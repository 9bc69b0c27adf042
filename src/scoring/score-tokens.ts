import type { ForestBatch } from '../data/forest.js';
import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { fromIndices, span, type Tensor } from '../torch/index.js';

/** Hidden states `[M, D]` from which the forest's `M` tokens are predicted, in its order. */
export function predictingStates(model: CausalLM, forest: ForestBatch): Tensor {
  return span('model', () => {
    const attention = new ForestAttention(forest.trees, fromIndices(forest.positions));
    return model.hidden(fromIndices(forest.inputIds), attention).indexSelect(0, fromIndices(forest.rows));
  });
}
