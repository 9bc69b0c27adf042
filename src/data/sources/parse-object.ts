import { reasonOf } from '../../errors.js';
import { RowProblem, type SourceRow } from './source-row.js';

const MAX_DEPTH = 64;
const BRACE = 0x7b;

/** Reads one JSON object from the bytes of a row. Never throws: what is wrong is part of the answer. */
export function parseObject(row: number, bytes: Uint8Array): SourceRow {
  try {
    return { row, value: objectOf(bytes) };
  } catch (error) {
    if (error instanceof RowProblem) return { row, problem: error };
    throw error;
  }
}

/** Narrows parsed JSON to an object that is not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(bytes: Uint8Array): Record<string, unknown> {
  const text = decodeUtf8(bytes);
  const value = parseJson(text);
  if (!isObject(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw new RowProblem(`the row is ${found}, not an object.`, 'Write each row as {"key": value, …}.');
  }
  if (deeperThan(value, MAX_DEPTH)) {
    throw new RowProblem(`the row nests deeper than ${MAX_DEPTH} levels.`, 'Flatten the row; a schema needs 4 levels.');
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw new RowProblem(`the key ${repeated} occurs twice.`, 'Keep one of the two values.');
  }
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RowProblem('the row is not valid UTF-8.', 'Save the file as UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.includes('\0')) throw new RowProblem('the row holds a NUL byte.', 'The file is damaged; write it anew.');
    throw new RowProblem(`the row is not valid JSON (${reasonOf(error)}).`, 'Mend the row, or set onMalformed: drop.');
  }
}

/** Whether objects and lists nest deeper than `limit`; without recursion, so that no depth can exhaust the stack. */
function deeperThan(value: object, limit: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const below: object[] = [];
    for (const container of level) {
      for (const child of Object.values(container)) {
        if (typeof child === 'object' && child !== null) below.push(child);
      }
    }
    level = below;
  }
  return false;
}

/** The first key that the outermost object of valid JSON text repeats, in quotes; JSON.parse keeps the last silently. */
function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let atKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const begin = i;
      i = endOfString(text, i);
      if (depth === 1 && atKey) {
        const key = text.slice(begin, i + 1);
        if (seen.has(key)) return key;
        seen.add(key);
        atKey = false;
      }
    } else if (code === BRACE || code === 0x5b) {
      depth++;
      atKey = depth === 1;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code === 0x2c && depth === 1) {
      atKey = true;
    }
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `begin`. */
function endOfString(text: string, begin: number): number {
  let end = begin;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
