import { RowAccount } from './accounting.js';
import { eventTurns } from './event-turns.js';
import { type ReadOptions, type RecordRow, readRecords } from './read-records.js';
import { openSource } from './sources/open-source.js';

export interface FileRecordsOptions extends Pick<ReadOptions, 'columns'> {
  /** Default `stop`. */
  readonly onMalformed?: ReadOptions['onMalformed'] | undefined;
  /** Rows looked at; default all. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The records of a file for who does not count its rows; rows that hold none are passed over.
 *
 * @throws OrpoError as `readRecords`
 */
export async function* readFileRecords(path: string, options: FileRecordsOptions = {}): AsyncGenerator<RecordRow> {
  const turn = eventTurns(options.signal);
  const { columns, onMalformed = 'stop', limit = Number.POSITIVE_INFINITY } = options;
  let seen = 0;
  for await (const record of readRecords(await openSource(path), new RowAccount(path), { columns, onMalformed })) {
    await turn();
    yield record;
    if (++seen >= limit) return;
  }
}
