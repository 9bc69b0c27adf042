import { closeSync, fstatSync, openSync } from 'node:fs';
import { OrpoError, reasonOf } from '../../errors.js';
import { readFully } from '../../files/regular-file.js';
import { parseObject } from '../sources/parse-object.js';
import type { SourceRow } from '../sources/source-row.js';
import type { LineIndex } from './line-index.js';

const NEWLINE = 0x0a;

/**
 * Some rows of an indexed file, in the order asked for.
 *
 * @throws OrpoError `file` when the file cannot be read, or was written since it was indexed
 */
export async function* readLinesAt(index: LineIndex, rows: Iterable<number>): AsyncGenerator<SourceRow> {
  const { path } = index;
  const fd = openAgain(path);
  try {
    const { size, mtimeMs } = fstatSync(fd);
    if (size !== index.bytes || mtimeMs !== index.modified) throw changed(path);
    for (const row of rows) {
      const begin = index.begin(row);
      // blank lines may follow before the next row
      const bytes = Buffer.allocUnsafe(index.begin(row + 1) - begin);
      readFully(fd, path, bytes, begin);
      const end = bytes.indexOf(NEWLINE);
      yield parseObject(index.line(row), end < 0 ? bytes : bytes.subarray(0, end));
    }
  } finally {
    closeSync(fd);
  }
}

function openAgain(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new OrpoError('file', `${path} cannot be read any more (${reasonOf(error)}).`, 'Put the file back.', {
      cause: error,
    });
  }
}

function changed(path: string): OrpoError {
  return new OrpoError(
    'file',
    `${path} was written while it was trained on, and data.stream reads it all the time.`,
    'Put it back as it was and resume the run, or start a new one.',
  );
}
