import type { AttentionOptions } from '../nn/attention-context.js';
import { forwardAll, type Linear } from '../nn/linear.js';
import type { Norm } from '../nn/norms.js';
import { type RotarySpec, rotate } from '../nn/rotary.js';
import type { Tensor } from '../torch/index.js';
import type { Layer } from './forward-state.js';

/** Query, key and value of a token row, each `[N, heads, K]`. */
export interface Projected {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface SelfAttentionParts {
  /** Index of the layer, for caches. */
  readonly layer: number;
  project(input: Tensor): Projected;
  readonly output: Linear;
  readonly options: AttentionOptions;
  readonly rotary?: RotarySpec | undefined;
  /** Norms over each head, as in Qwen 3 and Gemma 3. */
  readonly queryNorm?: Norm | undefined;
  readonly keyNorm?: Norm | undefined;
}

/** Projections, rotation, attention by the context, output projection: `[N, D]` -> `[N, D]`. */
export function selfAttention(parts: SelfAttentionParts): Layer {
  return (input, state) => {
    const { query, key, value } = parts.project(input);
    let q = parts.queryNorm?.(query) ?? query;
    let k = parts.keyNorm?.(key) ?? key;
    if (parts.rotary !== undefined) {
      const tables = state.rotary(parts.rotary);
      q = rotate(q, tables);
      k = rotate(k, tables);
    }
    const mixed = state.context.attend(parts.layer, q, k, value, parts.options);
    state.work.attention(state.context.pairs(parts.options.window), q, k, value, mixed);
    const rows = input.size(0);
    return parts.output.forward(mixed.reshape([rows, parts.output.in]));
  };
}

/** Three separate projections. */
export function separateProjections(query: Linear, key: Linear, value: Linear, headSize: number) {
  return (input: Tensor): Projected => {
    const [q, k, v] = forwardAll([query, key, value], input).map((rows) => heads(rows, headSize));
    if (q === undefined || k === undefined || v === undefined) throw new RangeError('three projections are needed');
    return { query: q, key: k, value: v };
  };
}

/** One projection whose output holds all queries, then all keys, then all values. */
export function joinedProjection(fused: Linear, sizes: { heads: number; keyValueHeads: number; headSize: number }) {
  const queries = sizes.heads * sizes.headSize;
  const keys = sizes.keyValueHeads * sizes.headSize;
  return (input: Tensor): Projected => {
    const all = fused.forward(input);
    return {
      query: heads(all.narrow(1, 0, queries), sizes.headSize),
      key: heads(all.narrow(1, queries, keys), sizes.headSize),
      value: heads(all.narrow(1, queries + keys, keys), sizes.headSize),
    };
  };
}

/** One projection whose output holds query, key and value of each head side by side. */
export function interleavedProjection(fused: Linear, headSize: number) {
  return (input: Tensor): Projected => {
    const all = heads(fused.forward(input), 3 * headSize);
    return {
      query: all.narrow(2, 0, headSize),
      key: all.narrow(2, headSize, headSize),
      value: all.narrow(2, 2 * headSize, headSize),
    };
  };
}

/** `[N, heads * K]` -> `[N, heads, K]`. */
export function heads(rows: Tensor, headSize: number): Tensor {
  return rows.reshape([rows.size(0), rows.size(1) / headSize, headSize]);
}
