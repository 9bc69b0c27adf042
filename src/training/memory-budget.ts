import { type Tree, treeTokens } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import type { Parameter } from '../nn/parameter.js';
import { parseBytes } from '../text/parse-bytes.js';
import { type DType, fromIndices, memory, scope } from '../torch/index.js';

/** What of a process is no tensor of ours: Node, libtorch's libraries, what its products keep. */
const PROCESS_BYTES = 500 * 2 ** 20;

/** Rows of the probe: enough for what is counted once a pass to vanish. */
const PROBE_TOKENS = 64;

/** How a step keeps within its memory. */
export interface MemoryPlan {
  /** Layers computed again in the backward pass. */
  readonly recompute: number;
  /** What the process is expected to take at its peak. */
  readonly bytes: number;
}

/** What a step's memory is made of, in bytes. */
export interface StepMemory {
  readonly layers: number;
  /** Whatever the micro-batch: weights, optimiser, gradients, the head, the process. */
  readonly fixed: number;
  /** Tokens of the largest micro-batch. */
  readonly tokens: number;
  /** What one layer keeps of a token for its backward pass. */
  readonly layerToken: number;
  /** What is left of it when the layer is computed again: its input. */
  readonly inputToken: number;
}

/** The peak with the first `recompute` layers computed again: the others are kept at once, and one of these in its turn. */
export function peakBytes({ layers, fixed, tokens, layerToken, inputToken }: StepMemory, recompute: number): number {
  const whole = recompute === 0 ? layers : Math.max(layers - recompute, 1);
  return fixed + tokens * (whole * layerToken + recompute * inputToken);
}

/**
 * The fewest layers to compute again for a step to stay within `budget` bytes; none without a budget, or when the method
 * allows none.
 *
 * @throws OrpoError `config` when all of them are too few
 */
export function planMemory(step: StepMemory, budget: string | undefined, allowed = true): MemoryPlan {
  const most = budget === undefined ? Number.POSITIVE_INFINITY : (parseBytes(budget) ?? 0);
  const all = allowed ? step.layers : 0;
  for (let recompute = 0; recompute <= all; recompute++) {
    const bytes = peakBytes(step, recompute);
    if (bytes <= most) return { recompute, bytes };
  }
  const least = peakBytes(step, all);
  throw new OrpoError(
    'config',
    `training.memory is ${budget}, but a step of ${step.tokens} tokens takes about ${gigabytes(least)}${allowed ? ' even when every layer is computed again' : ''}.`,
    `Raise it, lower training.microTokens, or train an adapter: ${gigabytes(step.fixed)} are needed whatever the tokens.`,
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/** Counts a step's memory, with the optimiser made and no gradient yet; what a layer keeps is read off a short forward pass. */
export function stepMemory(
  model: CausalLM,
  trained: readonly Parameter[],
  trees: readonly Tree[],
  microTokens: number,
): StepMemory {
  const { layers, hidden, vocabulary } = model.sizes;
  const tokens = trees.reduce((most, tree) => Math.max(most, treeTokens(tree)), Math.min(microTokens, total(trees)));
  const { kept, dtype } = probe(model);
  const element = BYTES_OF[dtype] ?? 4;
  const gradients = trained.reduce((sum, { count, value }) => sum + count * (BYTES_OF[value.dtype] ?? 4), 0);
  // logits of a chunk, or with a trained head the gradients of all that are kept
  const logits = model.score === undefined ? 256 * vocabulary * element : 0;
  const head = model.head.weight.trained ? Math.max(logits, Math.min(2 ** 28, tokens * vocabulary * element)) : logits;
  return {
    layers,
    fixed: PROCESS_BYTES + memory().bytes + gradients + head,
    tokens,
    layerToken: kept / PROBE_TOKENS / layers,
    inputToken: hidden * element,
  };
}

const BYTES_OF: Partial<Record<DType, number>> = { float32: 4, bfloat16: 2, float16: 2, float64: 8 };

/** Bytes that the forward pass of a short row keeps for its backward pass. */
function probe(model: CausalLM): { readonly kept: number; readonly dtype: DType } {
  return scope(() => {
    const places = Array.from({ length: PROBE_TOKENS }, (_, at) => at);
    const trees = [{ trunkBegin: 0, trunkLength: PROBE_TOKENS, branches: [] }];
    const context = new ForestAttention(trees, fromIndices(places));
    const ids = fromIndices(places.map(() => 0));
    const before = memory().bytes;
    const { dtype } = model.hidden(ids, context);
    return { kept: memory().bytes - before, dtype };
  });
}

function total(trees: readonly Tree[]): number {
  return trees.reduce((sum, tree) => sum + treeTokens(tree), 0);
}
