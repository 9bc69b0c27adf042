import type { CausalLM } from '../models/causal-lm.js';
import { ForestAttention } from '../nn/forest-attention.js';
import { logits } from '../nn/token-log-probs.js';
import { fromIndices, noGrad, scope, toNumbers } from '../torch/index.js';

/** Token sequences that begin with the same tokens. */
export interface SharedStart {
  /** At least one token. */
  readonly trunk: readonly number[];
  /** What each goes on with, at least one token. */
  readonly branches: readonly (readonly number[])[];
}

/** The longest common beginning of two sequences, and their rests. Two that are equal, or one the other's beginning, have no rests to compare. */
export function sharedStart(a: readonly number[], b: readonly number[]): SharedStart {
  const most = Math.min(a.length, b.length) - 1;
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return { trunk: a.slice(0, shared), branches: [a.slice(shared), b.slice(shared)] };
}

/**
 * Log-probabilities of some tokens coming next after the trunk and after each branch, one forward pass for all:
 * `1 + branches` rows of `tokens.length` numbers. What is returned does not depend on anything computed beside it.
 */
export function nextLogProbs(model: CausalLM, { trunk, branches }: SharedStart, tokens: readonly number[]): number[][] {
  return scope(() =>
    noGrad(() => {
      const device = model.head.weight.device;
      let end = trunk.length;
      const layout = branches.map(({ length }) => {
        const begin = end;
        end += length;
        return { begin, length };
      });
      const ids = [...trunk, ...branches.flat()];
      const positions = [...trunk.keys(), ...branches.flatMap((branch) => branch.map((_, at) => trunk.length + at))];
      const attention = new ForestAttention(
        [{ trunkBegin: 0, trunkLength: trunk.length, branches: layout }],
        fromIndices(positions, device),
      );
      const hidden = model.hidden(fromIndices(ids, device), attention);
      const ends = [trunk.length - 1, ...layout.map(({ begin, length }) => begin + length - 1)];
      const rows = logits(hidden.indexSelect(0, fromIndices(ends, device)), model.head).logSoftmax(1);
      const picked = toNumbers(rows.indexSelect(1, fromIndices(tokens, device)));
      return ends.map((_, row) => picked.slice(row * tokens.length, (row + 1) * tokens.length));
    }),
  );
}
