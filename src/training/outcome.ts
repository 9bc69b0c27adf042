import type { RowsRead } from '../data/rows-read.js';
import type { Cost } from './cost.js';

/** What a finished run came to. */
export interface Outcome {
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cost: Cost;
  /** What became of rows that were read as they were needed, each time that they were; absent where all were loaded. */
  readonly rows?: readonly RowsRead[];
}
