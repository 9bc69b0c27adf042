import { type DType, fromNumbers, zeros } from '../../torch/index.js';
import type { BranchScores, ObjectiveShape } from '../objective.js';

export interface MadeScores {
  /** Log-prob sums of each tree's responses. */
  readonly sums: readonly (readonly number[])[];
  /** Token counts; 1 each when left out. */
  readonly tokens?: readonly (readonly number[])[];
  readonly labels?: readonly number[];
  readonly grades?: readonly (readonly number[])[];
  readonly trunkSums?: readonly number[];
  readonly memory?: readonly number[];
  /** Sums of the mismatched responses, one a tree. */
  readonly mismatched?: readonly number[];
  readonly dtype?: DType;
}

/** Scores as training would make them, of trees that are a whole step. */
export function made({ sums, tokens, labels, grades, trunkSums, memory, mismatched, dtype = 'float32' }: MadeScores) {
  const shape = [sums.length, sums[0]?.length ?? 0];
  const counts = tokens ?? sums.map((row) => row.map(() => 1));
  const responseTokens = counts.reduce((sum, [first = 0]) => sum + first, 0);
  const scores: BranchScores = {
    sums: fromNumbers(sums.flat(), { shape, dtype }),
    tokens: fromNumbers(counts.flat(), { shape, dtype }),
    trunkSums: trunkSums === undefined ? zeros([sums.length], { dtype }) : fromNumbers(trunkSums, { dtype }),
    ...(labels === undefined ? {} : { labels: fromNumbers(labels, { dtype }) }),
    ...(grades === undefined ? {} : { grades: fromNumbers(grades.flat(), { shape, dtype }) }),
    step: {
      trees: sums.length,
      nllTokens: responseTokens,
      responseTokens,
      branches: shape[1] ?? 0,
      liked: labels?.filter((label) => label === 1).length ?? 0,
      memory,
      mismatched: mismatched && {
        sums: fromNumbers(mismatched, { shape: [mismatched.length, 1], dtype }),
        tokens: fromNumbers(
          mismatched.map(() => 4),
          { shape: [mismatched.length, 1], dtype },
        ),
      },
    },
  };
  return scores;
}

/** Numbers that no loss has a kink at, for each shape: two different models' scores of the same responses. */
export function example(shape: ObjectiveShape, model: 'policy' | 'reference', dtype: DType = 'float64'): MadeScores {
  const shift = model === 'policy' ? 0 : 1;
  const value = (at: number) => -1.7 - ((at * (7 - 4 * shift) + shift * 3) % 11) * 0.83 - shift * 0.41 - at * 0.013;
  if (shape === 'pair' || shape === 'ranked') {
    const width = shape === 'pair' ? 2 : 3;
    const rows = [0, 1, 2, 3].map((row) => Array.from({ length: width }, (_, at) => value(row * width + at)));
    const tokens = rows.map((row, at) => row.map((_, branch) => 2 + ((at * 5 + branch * 3) % 6)));
    const grades = [
      [3, 2, 1],
      [2, 2, 0],
      [5, 4, 4],
      [1, 0.5, -2],
    ];
    return { sums: rows, tokens, trunkSums: [-3, -4, -5, -2], dtype, ...(shape === 'ranked' ? { grades } : {}) };
  }
  return {
    sums: [0, 1, 2, 3, 4].map((row) => [value(row)]),
    tokens: [[3], [5], [2], [4], [6]],
    trunkSums: [-3, -4, -5, -2, -1],
    mismatched: [0, 1, 2, 3, 4].map((row) => value(row + 20)),
    memory: [0.3, 7],
    dtype,
    ...(shape === 'labelled' ? { labels: [1, 0, 1, 1, 0] } : {}),
  };
}
