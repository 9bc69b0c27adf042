import { addRowsRead, type RowsRead, rowsRead } from '../../data/rows-read.js';
import type { LogRecord } from './run-records.js';

/** What became of all rows that a run read as it needed them, by its metrics; none where they were loaded at its start. */
export function streamedRows(metrics: readonly LogRecord[]): RowsRead[] {
  return addRowsRead(
    metrics
      .flatMap(({ type, files }) => (type === 'rows' && Array.isArray(files) ? files : []))
      .map((file) => rowsRead.parse(file)),
  );
}
