import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { OrpoError, reasonOf } from '../../errors.js';
import { isObject } from './parse-object.js';
import type { SourceRow } from './source-row.js';

const ROWS_AT_A_TIME = 1024;

/**
 * Rows of a Parquet file, a slice at a time; numbered from 1.
 *
 * @throws OrpoError `data` when the file is damaged or uses an encoding that is not supported.
 */
export async function* readParquet(path: string): AsyncGenerator<SourceRow> {
  const file = await asyncBufferFromFile(path);
  const metadata = await guarded(path, 'footer', () => parquetMetadataAsync(file));
  const total = Number(metadata.num_rows);
  for (let begin = 0; begin < total; begin += ROWS_AT_A_TIME) {
    const rowEnd = Math.min(total, begin + ROWS_AT_A_TIME);
    const rows: unknown[] = await guarded(path, `rows ${begin + 1} to ${rowEnd}`, () =>
      parquetReadObjects({ file, metadata, compressors, rowStart: begin, rowEnd }),
    );
    if (rows.length !== rowEnd - begin) {
      throw damaged(path, `rows ${begin + 1} to ${rowEnd}`, `${rows.length} rows came out`);
    }
    for (const [i, value] of rows.entries()) {
      if (!isObject(value)) throw damaged(path, `row ${begin + i + 1}`, 'it is not a record');
      yield { row: begin + i + 1, value };
    }
  }
}

async function guarded<T>(path: string, part: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw damaged(path, part, reasonOf(error), error);
  }
}

function damaged(path: string, part: string, reason: string, cause?: unknown): OrpoError {
  const message = `${path}: the ${part} of the Parquet file cannot be read (${reason}).`;
  return new OrpoError('data', message, 'Download or write the file again.', { cause });
}
