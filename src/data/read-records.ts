import type { DropReason, RowAccount } from './accounting.js';
import type { DataRecord } from './records.js';
import { applyColumns, type ColumnMap } from './schemas/columns.js';
import { recognise } from './schemas/recognise.js';
import type { Schema } from './schemas/schema.js';
import { malformedRow, type Source } from './sources/open-source.js';
import { RowProblem, type SourceRow } from './sources/source-row.js';

export interface ReadOptions {
  readonly columns?: ColumnMap | undefined;
  readonly onMalformed: 'stop' | 'drop';
  /** Known beforehand, instead of told by the first row. */
  readonly schema?: Schema | undefined;
  /** Called once, when the first row that can be read has told the schema. */
  readonly onSchema?: (schema: Schema) => void;
  /** Called for each malformed row that is dropped. */
  readonly onProblem?: (row: number, problem: RowProblem) => void;
  /** Called for each row that holds no record. */
  readonly onUnusable?: (row: number, reason: DropReason) => void;
}

/** A row that became a record. Whoever receives it must `take` or `drop` it in the account. */
export interface RecordRow {
  readonly row: number;
  readonly record: DataRecord;
  /** Runs work on the row; a RowProblem in it is treated like any malformed row, and undefined comes back. */
  attempt<T>(work: () => T): T | undefined;
}

/**
 * The records of a file. The first readable row tells the schema, unless it is known; all others must fit it. Rows that are
 * malformed or hold no record are dropped in the account.
 *
 * @throws OrpoError `data` naming file and row at the first malformed row, unless `onMalformed` is `drop`; always when
 * no schema fits the first row.
 */
export async function* readRecords(
  source: Source,
  account: RowAccount,
  options: ReadOptions,
): AsyncGenerator<RecordRow> {
  let { schema } = options;
  const attempt = <T>(row: number, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      if (options.onMalformed === 'stop') throw malformedRow(source, row, error);
      account.drop('malformed', row);
      options.onProblem?.(row, error);
      return undefined;
    }
  };
  for await (const item of source.rows) {
    account.read();
    const { row } = item;
    const value = attempt(row, () => applyColumns(valueIn(item), options.columns));
    if (value === undefined) continue;
    if (schema === undefined) {
      schema = recognisedAt(source, row, value);
      options.onSchema?.(schema);
    }
    const known = schema;
    const record = attempt(row, () => known.read(value));
    if (record === undefined) continue;
    if (record.kind === 'unusable') {
      account.drop(record.reason, row);
      options.onUnusable?.(row, record.reason);
    } else yield { row, record, attempt: (work) => attempt(row, work) };
  }
}

function valueIn(item: SourceRow): Record<string, unknown> {
  if ('problem' in item) throw item.problem;
  return item.value;
}

function recognisedAt(source: Source, row: number, value: Record<string, unknown>): Schema {
  try {
    return recognise(value);
  } catch (error) {
    throw error instanceof RowProblem ? malformedRow(source, row, error) : error;
  }
}
