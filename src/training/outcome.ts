import type { Cost } from './cost.js';

/** What a finished run came to. */
export interface Outcome {
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cost: Cost;
}
