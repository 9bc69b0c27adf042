import { join } from 'node:path';
import type { RecipeFolder } from '../recipe-folder.js';
import type { Cell } from './lay-out.js';

/** Where the parts of a comparison lie, beside those of any recipe. */
export interface SweepFolder {
  /** Updates of each run. */
  readonly budget: string;
  /** The best of each method; written before the test part is read. */
  readonly selection: string;
  readonly report: string;
  /** What was measured of a cell at a rung, counted from 1. */
  reading(cell: Pick<Cell, 'name'>, rung: number): string;
  /** What was measured of a selected cell on the test part; of the model itself without one. */
  verdict(cell: Pick<Cell, 'name'> | undefined): string;
}

export function sweepFolder({ path }: RecipeFolder): SweepFolder {
  return {
    budget: join(path, 'budget.json'),
    selection: join(path, 'selection.json'),
    report: join(path, 'report.html'),
    reading: ({ name }, rung) => join(path, 'readings', name, `rung-${rung}.json`),
    verdict: (cell) => join(path, 'readings', cell?.name ?? 'start', 'test.json'),
  };
}
