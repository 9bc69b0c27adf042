import { z } from 'zod';
import { type DropReason, dropReasons, ROWS_NAMED } from './accounting.js';

/** What became of rows of one file as they were read to be trained on: `rows = used + sum of dropped`. */
export const rowsRead = z.object({
  path: z.string(),
  rows: z.int(),
  used: z.int(),
  dropped: z.partialRecord(z.enum(dropReasons), z.object({ count: z.int(), firstRows: z.array(z.int()).readonly() })),
  /** Prompts cut at their start and responses cut at their end. */
  cut: z.object({ prompts: z.int(), responses: z.int() }),
});
export type RowsRead = z.output<typeof rowsRead>;

/** Sums up what became of rows, file by file in the order they turn up; a row counts each time it was read. */
export function addRowsRead(parts: Iterable<RowsRead>): RowsRead[] {
  const files = new Map<string, RowsRead>();
  for (const part of parts) {
    const before = files.get(part.path);
    files.set(part.path, before === undefined ? part : sum(before, part));
  }
  return [...files.values()];
}

function sum(a: RowsRead, b: RowsRead): RowsRead {
  const dropped: RowsRead['dropped'] = {};
  for (const reason of dropReasons) {
    const entry = sumDropped(a, b, reason);
    if (entry.count > 0) dropped[reason] = entry;
  }
  return {
    path: a.path,
    rows: a.rows + b.rows,
    used: a.used + b.used,
    dropped,
    cut: { prompts: a.cut.prompts + b.cut.prompts, responses: a.cut.responses + b.cut.responses },
  };
}

function sumDropped(a: RowsRead, b: RowsRead, reason: DropReason): { count: number; firstRows: readonly number[] } {
  const parts = [a.dropped[reason], b.dropped[reason]];
  return {
    count: parts.reduce((count, part) => count + (part?.count ?? 0), 0),
    firstRows: [...new Set(parts.flatMap((part) => part?.firstRows ?? []))].slice(0, ROWS_NAMED),
  };
}
