import type { CompareEvent } from '../../evaluation/comparison/events.js';
import type { StageEvent } from '../run-stage.js';
import type { Budget } from './budget.js';
import type { CellEvent } from './run-cell.js';
import type { ComparisonSummary } from './summary.js';

/** What a comparison says while it goes on, but for its plan. */
export type SweepEvent =
  | { readonly type: 'begin'; readonly stage: string; readonly method: string }
  | ({ readonly type: 'stage'; readonly stage: string } & StageEvent)
  /** Updates of each method, and how long all take by what a few of them took; before the first cell. */
  | ({ readonly type: 'forecast'; readonly seconds: number; readonly workers: number } & Budget)
  /** A cell was measured on the validation part; on the test part its rung is `test`. */
  | ({ readonly type: 'measured'; readonly rung: number | 'test'; readonly secondsLeft: number } & Omit<
      Extract<CellEvent, { type: 'measured' }>,
      'type'
    >)
  /** Answers to the test prompts come along, or what a judge says of them. */
  | { readonly type: 'answers'; readonly event: Extract<CompareEvent, { type: 'answers' | 'judged' }> }
  | { readonly type: 'interrupted'; readonly stage: string }
  | ({ readonly type: 'result'; readonly run: string } & ComparisonSummary);
