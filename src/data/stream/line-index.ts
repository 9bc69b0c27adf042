import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { OrpoError, reasonOf } from '../../errors.js';
import { isBlank, tooLong } from '../sources/jsonl.js';
import { MAX_ROW_BYTES } from '../sources/source-row.js';

const NEWLINE = 0x0a;
const BRACE = 0x7b;
const CHUNK = 2 ** 20;
const FIRST_ROWS = 2 ** 16;

/** Where the rows of a file with one JSON object a line begin: 8 bytes a row, and 4 more where blank lines part them. */
export interface LineIndex {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** When the file was written last, in milliseconds. */
  readonly modified: number;
  readonly rows: number;
  /** First byte of a row, counted from 0; of the row after the last: the size of the file. */
  begin(row: number): number;
  /** Line of a row, from 1. */
  line(row: number): number;
}

/**
 * Finds the rows of a file and hashes it, in one pass that parses nothing.
 *
 * @throws OrpoError `data` when a line is longer than 64 MiB, `file` when the file cannot be read
 */
export async function indexLines(path: string, signal?: AbortSignal): Promise<LineIndex> {
  const { mtimeMs: modified } = await stat(path);
  const hash = createHash('sha256');
  const rows = new RowPlaces();
  let bytes = 0;
  let line = 1;
  for await (const { lines, at, fresh } of pieces(path)) {
    signal?.throwIfAborted();
    hash.update(fresh);
    bytes += fresh.length;
    for (let begin = 0; begin < lines.length; line++) {
      const found = lines.indexOf(NEWLINE, begin);
      const end = found < 0 ? lines.length : found;
      if (end - begin > MAX_ROW_BYTES) throw tooLong(path, line);
      if (lines[begin] === BRACE || !isBlank(lines.subarray(begin, end))) rows.add(at + begin, line);
      begin = end + 1;
    }
  }
  const { count } = rows;
  return {
    path,
    sha256: hash.digest('hex'),
    bytes,
    modified,
    rows: count,
    begin: (row) => (row < count ? rows.begin(row) : bytes),
    line: (row) => rows.line(row),
  };
}

/** Bytes and lines of rows; lines are kept only where they are not simply counted through. */
class RowPlaces {
  count = 0;
  #begins = new Float64Array(FIRST_ROWS);
  #lines: Uint32Array | undefined;

  add(begin: number, line: number): void {
    if (this.count === this.#begins.length) {
      this.#begins = grown(this.#begins, new Float64Array(2 * this.count));
      this.#lines &&= grown(this.#lines, new Uint32Array(2 * this.count));
    }
    if (this.#lines === undefined && line !== this.count + 1)
      this.#lines = Uint32Array.from(this.#begins, (_, row) => row + 1);
    this.#begins[this.count] = begin;
    if (this.#lines !== undefined) this.#lines[this.count] = line;
    this.count++;
  }

  begin(row: number): number {
    return this.#begins[row] ?? 0;
  }

  line(row: number): number {
    return this.#lines?.[row] ?? row + 1;
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

interface Piece {
  /** Whole lines, perhaps none; the last piece of a file may lack its line feed. */
  readonly lines: Buffer;
  /** Where they begin in the file. */
  readonly at: number;
  /** What was read of the file for this piece. */
  readonly fresh: Buffer;
}

/** A file in whole lines. One buffer serves all of them: each piece is gone when the next is asked for. */
async function* pieces(path: string): AsyncGenerator<Piece> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    let buffer = Buffer.allocUnsafe(CHUNK);
    let at = 0;
    let held = 0;
    for (;;) {
      // a line longer than the buffer
      if (held === buffer.length) buffer = Buffer.concat([buffer], 2 * held);
      const { bytesRead } = await handle.read(buffer, held, buffer.length - held).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      const filled = held + bytesRead;
      const last = bytesRead === 0 ? filled : buffer.lastIndexOf(NEWLINE, filled - 1) + 1;
      const whole = filled - last > MAX_ROW_BYTES ? filled : last;
      yield { lines: buffer.subarray(0, whole), at, fresh: buffer.subarray(held, filled) };
      if (bytesRead === 0) return;
      buffer.copy(buffer, 0, whole, filled);
      at += whole;
      held = filled - whole;
    }
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, cause: unknown): OrpoError {
  return new OrpoError('file', `${path} cannot be read (${reasonOf(cause)}).`, 'Check the file.', { cause });
}
