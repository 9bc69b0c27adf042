import type { ErrorCode } from '../../errors.js';
import type { CellEvent, CellTask } from './run-cell.js';

/** What a worker is told. */
export type ToWorker = { readonly type: 'task'; readonly task: CellTask } | { readonly type: 'abort' };

/** What a worker tells. */
export type FromWorker =
  | { readonly type: 'event'; readonly event: CellEvent }
  /** The task came to its end, or was aborted. */
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string };
