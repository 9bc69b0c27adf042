import type { ForestBatch } from '../data/forest.js';
import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { type TokenLogProbsOptions, tokenLogProbs } from '../nn/token-log-probs.js';
import { fromIndices, span, type Tensor } from '../torch/index.js';

/** Hidden states `[M, D]` from which the forest's `M` tokens are predicted, in its order. */
export function predictingStates(model: CausalLM, forest: ForestBatch): Tensor {
  return span('model', () => {
    const { device } = model.head.weight;
    const attention = new ForestAttention(forest.trees, fromIndices(forest.positions, device));
    const hidden = model.hidden(fromIndices(forest.inputIds, device), attention);
    return hidden.indexSelect(0, fromIndices(forest.rows, device));
  });
}

/** `[M]` fp32: the log-probs of the forest's tokens, given the hidden states that predict them. */
export function predictedLogProbs(
  states: Tensor,
  { head }: CausalLM,
  { targets }: ForestBatch,
  options: TokenLogProbsOptions = {},
): Tensor {
  return tokenLogProbs(states, head, fromIndices(targets, head.weight.device), options);
}
