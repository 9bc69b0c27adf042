import { createReadStream } from 'node:fs';
import { OrpoError } from '../../errors.js';
import { parseObject } from './parse-object.js';
import { MAX_ROW_BYTES, RowProblem, type SourceRow } from './source-row.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const ARRAY_BEGIN = 0x5b;
const ARRAY_END = 0x5d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Elements of a file that is one JSON array, cut out by their brackets so that no more than one is held at a time.
 * Rows are numbered by element from 1.
 *
 * @throws OrpoError `data` when the array is not closed, is followed by something, or an element exceeds 64 MiB.
 */
export async function* readJsonArray(path: string): AsyncGenerator<SourceRow> {
  const cutter = createCutter(path);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (const { row, bytes } of cutter.push(chunk)) yield elementOf(row, bytes);
  }
  cutter.finish();
}

function elementOf(row: number, bytes: Uint8Array): SourceRow {
  if (bytes.every((byte) => WHITE.has(byte))) {
    return { row, problem: new RowProblem('there is nothing between two commas.', 'Remove one of the commas.') };
  }
  return parseObject(row, bytes);
}

interface Element {
  readonly row: number;
  readonly bytes: Uint8Array;
}

/** Cuts the elements out of an array that arrives in chunks; nesting is counted, its correctness left to JSON.parse. */
function createCutter(path: string): { push(chunk: Uint8Array): Generator<Element>; finish(): void } {
  let place: 'before' | 'inside' | 'after' = 'before';
  let row = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let pieces: Uint8Array[] = [];
  let held = 0;
  let blank = true;

  const fault = (what: string): OrpoError =>
    new OrpoError('data', `${path} ${what}`, 'The file must be one JSON array of objects: [{…}, {…}].');
  const hold = (piece: Uint8Array): void => {
    held += piece.length;
    if (held > MAX_ROW_BYTES) throw fault(`row ${row}: the element is longer than ${MAX_ROW_BYTES / 2 ** 20} MiB.`);
    pieces.push(piece);
  };
  const cut = (): Element => {
    const element = { row, bytes: pieces.length === 1 ? (pieces[0] ?? new Uint8Array()) : Buffer.concat(pieces) };
    row++;
    pieces = [];
    held = 0;
    blank = true;
    return element;
  };

  function* push(chunk: Uint8Array): Generator<Element> {
    let begin = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (place !== 'inside') {
        if (WHITE.has(byte) || (place === 'before' && BYTE_ORDER_MARK.includes(byte))) continue;
        if (place === 'after') throw fault('goes on after the array is closed.');
        if (byte !== ARRAY_BEGIN) throw fault('does not begin with [.');
        place = 'inside';
        begin = i + 1;
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (depth === 0 && (byte === COMMA || byte === ARRAY_END)) {
        hold(chunk.subarray(begin, i));
        begin = i + 1;
        const empty = blank && row === 1 && byte === ARRAY_END;
        const element = cut();
        if (!empty) yield element;
        if (byte === ARRAY_END) place = 'after';
      } else {
        if (byte === QUOTE) inString = true;
        else if (OPEN.has(byte)) depth++;
        else if (CLOSE.has(byte) && depth > 0) depth--;
        if (blank && !WHITE.has(byte)) blank = false;
      }
    }
    // a chunk that ends inside an element leaves its tail for the next one
    if (place === 'inside' && begin < chunk.length) hold(chunk.subarray(begin));
  }

  const finish = (): void => {
    if (place === 'before') throw fault('holds no row.');
    if (place === 'inside') throw fault(`ends inside row ${row}; the array is never closed.`);
  };
  return { push, finish };
}
