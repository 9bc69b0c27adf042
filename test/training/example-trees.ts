import type { Tree } from '../../src/data/tree.js';
import type { BoundObjective } from '../../src/objectives/objective.js';

/** Token ids of the small models' vocabularies, as a function of the seed. */
export const ids = (seed: number, length: number) =>
  Int32Array.from({ length }, (_, at) => 3 + ((seed * 131 + at * 37 + at * at * 5) % 180));

/** Seven examples of a shape, of unlike lengths; rankings of two to four responses. */
export function treesFor(shape: BoundObjective['shape']): Tree[] {
  return [0, 1, 2, 3, 4, 5, 6].map((row): Tree => {
    const count = shape === 'pair' ? 2 : shape === 'ranked' ? 2 + (row % 3) : 1;
    const branches = Array.from({ length: count }, (_, at) => ({
      ids: ids(row * 5 + at + 50, 2 + ((row * 3 + at * 5) % 9)),
    }));
    return {
      trunk: ids(row, 3 + ((row * 4) % 7)),
      branches,
      origin: { file: 'made', row },
      ...(shape === 'labelled' ? { label: row % 3 !== 0 } : {}),
      ...(shape === 'ranked' ? { grades: branches.map((_, at) => -Math.floor(at / 2)) } : {}),
    };
  });
}
