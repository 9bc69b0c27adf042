import {
  isJsonArray,
  isJsonObject,
  JsonFault,
  JsonNumber,
  type JsonRule,
  parseStrictJson,
  type StrictJson,
} from './strict-json.js';
import { isStoredDtype, type StoredDtype, tensorByteLength } from './weights.js';

/** The rules of the format, as error messages name them. */
export type SafetensorsRule =
  | JsonRule
  | 'file-size'
  | 'header-size'
  | 'utf-8'
  | 'opening-brace'
  | 'padding'
  | 'object'
  | 'metadata'
  | 'entry'
  | 'dtype'
  | 'shape'
  | 'shape-overflow'
  | 'offsets'
  | 'length'
  | 'overlap'
  | 'hole'
  | 'end';

/** One rule that a header breaks; the reader adds the file's name. */
export class SafetensorsFault extends Error {
  readonly rule: SafetensorsRule;

  constructor(rule: SafetensorsRule, message: string) {
    super(message);
    this.name = 'SafetensorsFault';
    this.rule = rule;
  }
}

/** A header entry; `begin` and `end` count bytes from the start of the data. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Largest header, in bytes, that the format allows. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Formats that the specification knows and this package does not hold. */
const FOREIGN_DTYPES: ReadonlySet<string> = new Set(
  'F4 F6_E2M3 F6_E3M2 F8_E5M2 F8_E4M3 F8_E8M0 F8_E5M2FNUZ F8_E4M3FNUZ U16 U32 U64 C64'.split(' '),
);

/**
 * Parses and checks a safetensors header whose data is `dataLength` bytes long. Entries come back in the order of their
 * bytes. The specification's letter is kept where the reference reader is looser: the header begins with `{` and is
 * padded with spaces only, and a key given twice is refused. Fields of an entry that the specification does not name are
 * ignored, as in the reference reader. Throws `SafetensorsFault`.
 */
export function parseHeader(bytes: Uint8Array, dataLength: number): Header {
  const root = parseJson(decode(bytes));
  if (!isJsonObject(root)) throw new SafetensorsFault('object', 'the header is not a JSON object');
  const entries: HeaderEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of root) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  // empty tensors come before the one that begins where they lie
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, dataLength);
  return { entries, metadata };
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) throw new SafetensorsFault('opening-brace', 'the header does not begin with {');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SafetensorsFault('utf-8', 'the header is not UTF-8');
  }
  if (!/^ *$/.test(text.slice(text.trimEnd().length))) {
    throw new SafetensorsFault('padding', 'the header is padded with something other than spaces');
  }
  return text;
}

function parseJson(text: string): StrictJson {
  try {
    return parseStrictJson(text, 16);
  } catch (error) {
    if (error instanceof JsonFault) throw new SafetensorsFault(error.rule, error.message);
    throw error;
  }
}

function parseMetadata(value: StrictJson): ReadonlyMap<string, string> {
  if (!isJsonObject(value)) throw new SafetensorsFault('metadata', '__metadata__ is not an object');
  const metadata = new Map<string, string>();
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      throw new SafetensorsFault('metadata', `__metadata__ holds something other than text under ${quote(key)}`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(name: string, value: StrictJson): HeaderEntry {
  if (!isJsonObject(value)) throw new SafetensorsFault('entry', `tensor ${quote(name)} is not described by an object`);
  const dtype = parseDtype(name, value.get('dtype'));
  const shape = parseCounts(value.get('shape'));
  if (shape === undefined) {
    throw new SafetensorsFault('shape', `tensor ${quote(name)} has a shape that is not a list of counts below 2^53`);
  }
  const [begin, end, ...rest] = parseCounts(value.get('data_offsets')) ?? [];
  if (begin === undefined || end === undefined || rest.length > 0) {
    throw new SafetensorsFault('offsets', `tensor ${quote(name)} has data_offsets that are not two counts below 2^53`);
  }
  if (end < begin)
    throw new SafetensorsFault('offsets', `tensor ${quote(name)} ends at ${end}, before it begins at ${begin}`);
  const length = tensorByteLength(dtype, shape);
  if (length === undefined) {
    throw new SafetensorsFault('shape-overflow', `tensor ${quote(name)} has a shape whose size is above 2^53 bytes`);
  }
  if (length !== end - begin) {
    const stated = `${dtype} [${shape.join(', ')}] takes ${length} bytes`;
    throw new SafetensorsFault('length', `tensor ${quote(name)} has ${end - begin} bytes, but ${stated}`);
  }
  return { name, dtype, shape, begin, end };
}

function parseDtype(name: string, value: StrictJson | undefined): StoredDtype {
  if (typeof value !== 'string') throw new SafetensorsFault('dtype', `tensor ${quote(name)} has no dtype`);
  if (isStoredDtype(value)) return value;
  const known = FOREIGN_DTYPES.has(value) ? 'which this package does not read' : 'which does not exist';
  throw new SafetensorsFault('dtype', `tensor ${quote(name)} has the dtype ${quote(value)}, ${known}`);
}

function parseCounts(value: StrictJson | undefined): number[] | undefined {
  if (!isJsonArray(value)) return undefined;
  const counts: number[] = [];
  for (const item of value) {
    const count = item instanceof JsonNumber ? item.toCount() : undefined;
    if (count === undefined) return undefined;
    counts.push(count);
  }
  return counts;
}

function checkLayout(entries: readonly HeaderEntry[], dataLength: number): void {
  let end = 0;
  let before = 'the start of the data';
  for (const entry of entries) {
    if (entry.begin < end) {
      throw new SafetensorsFault('overlap', `tensor ${quote(entry.name)} begins at ${entry.begin}, inside ${before}`);
    }
    if (entry.begin > end) {
      const unused = `${entry.begin - end} bytes before it belong to no tensor`;
      throw new SafetensorsFault('hole', `tensor ${quote(entry.name)} begins at ${entry.begin}, and ${unused}`);
    }
    end = entry.end;
    before = `tensor ${quote(entry.name)}`;
  }
  if (end !== dataLength) {
    throw new SafetensorsFault('end', `the tensors take ${end} bytes, but the file holds ${dataLength} bytes of data`);
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
