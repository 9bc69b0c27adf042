import { createReadStream } from 'node:fs';
import { OrpoError } from '../../errors.js';
import { parseObject } from './parse-object.js';
import { MAX_ROW_BYTES, type SourceRow } from './source-row.js';

const NEWLINE = 0x0a;

/**
 * Rows of a file with one JSON object a line, read in bounded memory; rows are numbered by line, blank lines skipped.
 *
 * @throws OrpoError `data` when a line is longer than 64 MiB.
 */
export async function* readJsonl(path: string): AsyncGenerator<SourceRow> {
  for await (const { line, bytes } of readLines(path)) {
    if (!isBlank(bytes)) yield parseObject(line, bytes);
  }
}

/** Lines with their numbers from 1 and their bytes, without the line feed. @throws OrpoError as `readJsonl` */
export async function* readLines(path: string): AsyncGenerator<{ line: number; bytes: Uint8Array }> {
  let line = 1;
  let pieces: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) {
    if (!Buffer.isBuffer(chunk)) continue;
    let begin = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, begin);
      const piece = chunk.subarray(begin, end < 0 ? chunk.length : end);
      held += piece.length;
      if (held > MAX_ROW_BYTES) throw tooLong(path, line);
      if (end < 0) {
        if (piece.length > 0) pieces.push(piece);
        break;
      }
      yield { line, bytes: pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]) };
      line++;
      pieces = [];
      held = 0;
      begin = end + 1;
    }
  }
  if (held > 0) yield { line, bytes: Buffer.concat(pieces) };
}

/** Whether a line holds nothing but spaces, tabs, a carriage return or the byte order mark of the file. */
export function isBlank(bytes: Uint8Array): boolean {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.subarray(marked ? 3 : 0).every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

export function tooLong(path: string, line: number): OrpoError {
  return new OrpoError(
    'data',
    `${path} line ${line}: the line is longer than ${MAX_ROW_BYTES / 2 ** 20} MiB.`,
    'Write one JSON object a line; a file without line breaks may be a json array and should then start with [.',
  );
}
