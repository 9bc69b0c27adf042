import { cat, fromIndices, type Tensor } from '../torch/index.js';
import { attention } from './attention.js';
import type { AttentionContext, AttentionOptions } from './attention-context.js';

/** Neighbouring sequences of one length, which are computed at once: `count` of `length` tokens from row `begin` on. */
export interface SequenceRun {
  readonly begin: number;
  readonly count: number;
  readonly length: number;
}

/** The runs of sequences that lie end to end, given their lengths; an empty sequence takes no rows and is in no run. */
export function sequenceRuns(lengths: readonly number[]): SequenceRun[] {
  const runs: SequenceRun[] = [];
  let begin = 0;
  for (const length of lengths) {
    if (length === 0) continue;
    const last = runs.at(-1);
    if (last?.length === length) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ begin, count: 1, length });
    begin += length;
  }
  return runs;
}

/**
 * Attention in both directions over sequences that lie end to end in one row `[N]`, without padding: a token sees all of
 * its own sequence and nothing else. Sequences sorted by length take the fewest calls. Windows mean nothing here and are
 * not looked at.
 */
export class SequenceAttention implements AttentionContext {
  /** `[N]` int64: positions from 0 on in each sequence. */
  readonly positions: Tensor;
  readonly #runs: readonly SequenceRun[];

  constructor(lengths: readonly number[]) {
    this.#runs = sequenceRuns(lengths);
    this.positions = fromIndices(lengths.flatMap((length) => Array.from({ length }, (_, at) => at)));
  }

  pairs(): number {
    return this.#runs.reduce((sum, { count, length }) => sum + count * length ** 2, 0);
  }

  attend(_layer: number, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
    const parts = this.#runs.map((run) => {
      // [N, H, K] -> [B, H, L, K]
      const [q, k, v] = [batch(query, run), batch(key, run), batch(value, run)];
      return attention(q, k, v, undefined, false, options)
        .transpose(1, 2)
        .reshape([-1, query.size(1), query.size(2)]);
    });
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : cat(parts);
  }
}

function batch(rows: Tensor, { begin, count, length }: SequenceRun): Tensor {
  const [, heads = 0, size = 0] = rows.shape;
  return rows
    .narrow(0, begin, count * length)
    .reshape([count, length, heads, size])
    .transpose(1, 2);
}
