import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { OrpoError } from '../errors.js';
import { fsyncPath, writeFully } from './atomic.js';
import { readFully, withRegularFile } from './regular-file.js';
import { diskError } from './system-error.js';

const NEWLINE = 0x0a;
const LINE_BREAK = new Uint8Array([NEWLINE]);
const TAIL_BYTES = 1 << 16;

/**
 * A file of JSON records, one a line, that only grows. Every record is one write, so a reader sees it at once;
 * `flush` makes all of them survive a power failure. Throws `disk` when a write fails.
 */
export class JsonlLog {
  readonly path: string;
  readonly #fd: number;
  #position: number;

  /** Opens the log, creating it when it is missing; a record that a crash tore off at the end is cut away. */
  constructor(path: string) {
    this.path = path;
    const isNew = !existsSync(path);
    try {
      this.#fd = openSync(path, isNew ? 'ax+' : 'a+');
    } catch (error) {
      throw diskError(`Cannot open ${path} for writing`, error);
    }
    const { size, tail } = unfinishedLine(path);
    this.#position = size;
    this.#attempt(() => {
      if (isNew) fsyncPath(dirname(resolve(path)));
      if (tail.byteLength === 0) return;
      if (parseRecord(tail.toString('utf8')) === undefined) {
        this.#position -= tail.byteLength;
        ftruncateSync(this.#fd, this.#position);
      } else {
        writeFully(this.#fd, LINE_BREAK);
        this.#position++;
      }
    });
  }

  /** Bytes of the file so far; a checkpoint keeps this number for `truncateTo`. */
  get position(): number {
    return this.#position;
  }

  /**
   * Writes one record. JSON has no NaN and no infinities: such a number becomes `null`, and the record gets a field
   * `nonFinite` that says what each was, by its path (`{"loss": null, "nonFinite": {"loss": "NaN"}}`).
   */
  append(record: Readonly<Record<string, unknown>>): void {
    this.appendAll([record]);
  }

  /** Writes records that belong together in one write: a killed process leaves all of them or none. */
  appendAll(records: readonly Readonly<Record<string, unknown>>[]): void {
    const bytes = Buffer.from(records.map((record) => `${jsonLine(record)}\n`).join(''), 'utf8');
    this.#attempt(() => {
      try {
        writeFully(this.#fd, bytes);
      } catch (error) {
        // a disk that fills up may have taken a part of the record
        ftruncateSync(this.#fd, this.#position);
        throw error;
      }
    });
    this.#position += bytes.byteLength;
  }

  /** Returns once all records are on the disk. */
  flush(): void {
    this.#attempt(() => fsyncSync(this.#fd));
  }

  /** Drops everything after the first `bytes` bytes, which must be where a record ended. Throws `run` when it is not. */
  truncateTo(bytes: number): void {
    if (!(Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= this.#position)) {
      throw new OrpoError(
        'run',
        `${this.path} has ${this.#position} bytes and cannot be cut to ${bytes}.`,
        'The file was shortened or replaced since the checkpoint; put it back, or start a new run.',
      );
    }
    if (bytes > 0 && !endsLine(this.#fd, this.path, bytes)) {
      throw new OrpoError(
        'run',
        `${this.path} has no end of a record at byte ${bytes}.`,
        'The file was changed since the checkpoint; put it back, or start a new run.',
      );
    }
    this.#attempt(() => {
      ftruncateSync(this.#fd, bytes);
      fsyncSync(this.#fd);
    });
    this.#position = bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw diskError(`Cannot write ${this.path}`, error);
    }
  }
}

/**
 * All records of a JSONL file, in order, one at a time. A last line without its line break that is not whole JSON is what a
 * crash leaves behind, and dropped; anything else that is not a JSON object throws `format` with the line's number.
 */
export function* readJsonlLog(path: string): Generator<Record<string, unknown>> {
  let number = 0;
  for (const { text, ended } of lines(path)) {
    number++;
    if (text.trim() === '') continue;
    const record = parseRecord(text);
    if (record !== undefined) {
      yield record;
    } else if (ended) {
      throw new OrpoError('format', `Line ${number} of ${path} is not a JSON object.`, 'Mend or remove that line.');
    }
  }
}

function jsonLine(record: Readonly<Record<string, unknown>>): string {
  const nonFinite = new Map<string, string>();
  const clean = withoutNonFinite(record, '', nonFinite);
  if (nonFinite.size === 0) return JSON.stringify(record);
  return JSON.stringify({ ...Object(clean), nonFinite: Object.fromEntries(nonFinite) });
}

function withoutNonFinite(value: unknown, path: string, found: Map<string, string>): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    found.set(path, String(value));
    return null;
  }
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  const inner = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => withoutNonFinite(item, inner(String(index)), found));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutNonFinite(item, inner(key), found)]),
  );
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* lines(path: string): Generator<{ text: string; ended: boolean }> {
  const bytes = withRegularFile(path, (fd, size) => readPart(fd, path, 0, size));
  let start = 0;
  while (start < bytes.length) {
    const at = bytes.indexOf(NEWLINE, start);
    const end = at < 0 ? bytes.length : at;
    yield { text: bytes.toString('utf8', start, end), ended: at >= 0 };
    start = end + 1;
  }
}

/** The size of a file and what follows its last line break, read from the end. */
function unfinishedLine(path: string): { size: number; tail: Buffer } {
  return withRegularFile(path, (fd, size) => {
    for (let length = Math.min(size, TAIL_BYTES); ; length = Math.min(size, length * 4)) {
      const bytes = readPart(fd, path, size - length, length);
      const at = bytes.lastIndexOf(NEWLINE);
      if (at >= 0 || length === size) return { size, tail: bytes.subarray(at + 1) };
    }
  });
}

function readPart(fd: number, path: string, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readFully(fd, path, bytes, position);
  return bytes;
}

function endsLine(fd: number, path: string, position: number): boolean {
  return readPart(fd, path, position - 1, 1)[0] === NEWLINE;
}
