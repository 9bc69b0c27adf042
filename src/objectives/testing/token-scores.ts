import { type DType, fromIndices, fromNumbers, type Tensor } from '../../torch/index.js';
import type { TokenScores } from '../online/online-method.js';

/** Numbers of every token, response by response. */
export type TokenRows = readonly (readonly number[])[];

export interface MadeTokens {
  readonly logProbs: TokenRows | Tensor;
  readonly values?: TokenRows | Tensor;
  readonly before: {
    readonly logProbs: TokenRows;
    readonly advantages: TokenRows;
    readonly reference?: TokenRows;
    readonly values?: TokenRows;
    readonly returns?: TokenRows;
  };
  /** Best and worst response of each prompt. */
  readonly pairs?: readonly (readonly [number, number])[];
  readonly maxTokens?: number;
  readonly dtype?: DType;
}

/** Sampled responses that are a whole update, as a method sees them. */
export function madeTokens({ before, pairs = [], maxTokens = 16, dtype = 'float32', ...now }: MadeTokens): TokenScores {
  const lengths = before.logProbs.map(({ length }) => length);
  const tensor = (rows: TokenRows): Tensor => fromNumbers(rows.flat(), { dtype });
  const given = (rows: TokenRows | Tensor): Tensor => ('flat' in rows ? tensor(rows) : rows);
  const known = (rows: TokenRows | undefined): Tensor | undefined => rows && tensor(rows);
  return {
    logProbs: given(now.logProbs),
    values: now.values && given(now.values),
    before: {
      logProbs: tensor(before.logProbs),
      advantages: tensor(before.advantages),
      reference: known(before.reference),
      values: known(before.values),
      returns: known(before.returns),
    },
    responses: fromIndices(lengths.flatMap((length, response) => new Array<number>(length).fill(response))),
    lengths: fromNumbers(lengths, { dtype }),
    pairs: pairs.length === 0 ? undefined : fromIndices(pairs.flat()).view([pairs.length, 2]),
    update: {
      tokens: lengths.reduce((sum, length) => sum + length, 0),
      responses: lengths.length,
      pairs: pairs.length,
      bestTokens: Math.max(
        1,
        pairs.reduce((sum, [best]) => sum + (lengths[best] ?? 0), 0),
      ),
      maxTokens,
    },
  };
}

/** Five responses to two prompts, ratios on both sides of every clip, no number at a kink. */
export function exampleTokens(dtype: DType = 'float64'): MadeTokens {
  const lengths = [3, 1, 4, 2, 5];
  const rows = (value: (at: number) => number): number[][] => {
    let at = 0;
    return lengths.map((length) => Array.from({ length }, () => value(at++)));
  };
  const old = rows((at) => -0.4 - ((at * 7) % 5) * 0.53);
  const moved = rows((at) => (((at * 5 + 2) % 7) - 3) * 0.13);
  const together = (a: TokenRows, b: TokenRows) => a.map((row, i) => row.map((one, t) => one + (b[i]?.[t] ?? 0)));
  const values = rows((at) => 0.2 - ((at * 3) % 4) * 0.17);
  return {
    logProbs: together(old, moved),
    values: together(
      values,
      rows((at) => (((at * 4 + 1) % 9) - 4) * 0.091),
    ),
    before: {
      logProbs: old,
      advantages: rows((at) => (((at * 11) % 6) - 2.4) * 0.61),
      reference: together(
        old,
        rows((at) => (((at * 2) % 5) - 1.7) * 0.21),
      ),
      values,
      returns: rows((at) => 0.9 - ((at * 5) % 7) * 0.31),
    },
    pairs: [
      [1, 0],
      [4, 3],
    ],
    dtype,
  };
}
