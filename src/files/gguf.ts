import { OrpoError } from '../errors.js';
import { GgufCursor } from './gguf-cursor.js';
import { GGUF_BLOCKS, type GgufType, ggufTypeName, isGgufType } from './gguf-types.js';
import { withRegularFile } from './regular-file.js';
import { elementCount } from './weights.js';

export type { GgufType } from './gguf-types.js';

/** A metadata value; 64-bit integers are numbers up to 2^53 - 1 and bigint beyond. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** Where one tensor lies: `shape` is row-major (the file's dimensions reversed), `offset` counts from the file's start. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgufType;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export interface GgufFile {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

interface TensorInfo {
  readonly name: string;
  readonly type: GgufType;
  readonly shape: readonly number[];
  readonly length: number;
  readonly offset: number;
}

const MAGIC = 0x46554747;
const LONGEST_NAME = 65_535;
const LONGEST_TEXT = 64 << 20;
const MOST_VALUES = 1 << 24;
const DEEPEST_ARRAY = 8;
const MOST_DIMENSIONS = 8;
const DEFAULT_ALIGNMENT = 32;

const ARRAY_TYPE = 9;

/** Fewest bytes that a value of each metadata type takes, by the type's number. */
const VALUE_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

/**
 * Reads the header of a GGUF file of version 2 or 3: metadata and the places of the tensors; the data is not touched.
 * Every count, size and offset is checked against the file. Throws `format` or `file`.
 */
export function readGguf(path: string): GgufFile {
  return withRegularFile(path, (fd, size) => {
    const cursor = new GgufCursor(path, fd, size);
    readVersion(cursor);
    const tensorCount = cursor.count('the tensors', 24);
    const entryCount = cursor.count('the metadata', 13);
    const metadata = readMetadata(cursor, entryCount);
    refuseParts(cursor, metadata);
    const infos: TensorInfo[] = [];
    for (let i = 0; i < tensorCount; i++) infos.push(readTensorInfo(cursor));
    return { path, metadata, tensors: placeTensors(cursor, infos, readAlignment(cursor, metadata)) };
  });
}

function readVersion(cursor: GgufCursor): void {
  if (cursor.size < 4 || cursor.u32() !== MAGIC) throw cursor.fault('it does not begin with "GGUF"');
  const version = cursor.u32();
  if (version === 2 || version === 3) return;
  const bigEndian = version === 0x02000000 || version === 0x03000000;
  const what = bigEndian ? 'it is big-endian' : `it has version ${version}`;
  throw new OrpoError(
    'format',
    `${cursor.path} cannot be read: ${what}.`,
    'Little-endian GGUF files of version 2 and 3 are read; convert it with a current llama.cpp.',
  );
}

function readMetadata(cursor: GgufCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  const budget = { values: MOST_VALUES };
  for (let i = 0; i < count; i++) {
    const key = cursor.string('a metadata key', LONGEST_NAME);
    if (metadata.has(key)) throw cursor.fault(`the metadata key ${JSON.stringify(key)} is given twice`);
    metadata.set(key, readValue(cursor, key, cursor.u32(), budget, 0));
  }
  return metadata;
}

function readValue(
  cursor: GgufCursor,
  key: string,
  type: number,
  budget: { values: number },
  depth: number,
): GgufValue {
  switch (type) {
    case 0:
      return cursor.u8();
    case 1:
      return cursor.i8();
    case 2:
      return cursor.u16();
    case 3:
      return cursor.i16();
    case 4:
      return cursor.u32();
    case 5:
      return cursor.i32();
    case 6:
      return cursor.f32();
    case 7:
      return readBoolean(cursor, key);
    case 8:
      return cursor.string(key, LONGEST_TEXT);
    case ARRAY_TYPE:
      return readArray(cursor, key, budget, depth);
    case 10:
      return cursor.u64();
    case 11:
      return cursor.i64();
    case 12:
      return cursor.f64();
    default:
      throw cursor.fault(`the metadata value ${JSON.stringify(key)} has the unknown type ${type}`);
  }
}

function readBoolean(cursor: GgufCursor, key: string): boolean {
  const value = cursor.u8();
  if (value > 1) throw cursor.fault(`the metadata value ${JSON.stringify(key)} is neither true nor false`);
  return value === 1;
}

function readArray(cursor: GgufCursor, key: string, budget: { values: number }, depth: number): GgufValue[] {
  if (depth >= DEEPEST_ARRAY) throw cursor.fault(`the lists in ${JSON.stringify(key)} are nested too deep`);
  const type = cursor.u32();
  const unit = VALUE_BYTES[type];
  if (unit === undefined) throw cursor.fault(`the list ${JSON.stringify(key)} has the unknown type ${type}`);
  const count = cursor.count(key, unit);
  budget.values -= count;
  if (budget.values < 0) throw cursor.fault(`its metadata has more than ${MOST_VALUES} values`);
  const values: GgufValue[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(cursor, key, type, budget, depth + 1));
  return values;
}

function refuseParts(cursor: GgufCursor, metadata: ReadonlyMap<string, GgufValue>): void {
  const parts = metadata.get('split.count');
  if (typeof parts !== 'number' || parts <= 1) return;
  throw new OrpoError(
    'format',
    `${cursor.path} is one of ${parts} parts of a model.`,
    'Join the parts with `llama-gguf-split --merge` and use the joined file.',
  );
}

function readAlignment(cursor: GgufCursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const valid = typeof alignment === 'number' && Number.isInteger(Math.log2(alignment)) && alignment <= 1 << 30;
  if (!valid || alignment < 1) throw cursor.fault(`general.alignment is ${String(alignment)}, not a power of two`);
  return alignment;
}

function readTensorInfo(cursor: GgufCursor): TensorInfo {
  const name = cursor.string('a tensor name', LONGEST_NAME);
  const label = JSON.stringify(name);
  const rank = cursor.u32();
  if (rank > MOST_DIMENSIONS) throw cursor.fault(`tensor ${label} has ${rank} dimensions`);
  const dimensions: number[] = [];
  for (let i = 0; i < rank; i++) {
    const extent = cursor.u64();
    if (typeof extent === 'bigint') throw cursor.fault(`tensor ${label} has a dimension of ${extent}`);
    dimensions.push(extent);
  }
  const type = readType(cursor, label);
  const offset = cursor.u64();
  if (typeof offset === 'bigint') throw cursor.fault(`tensor ${label} begins at ${offset}`);
  const block = GGUF_BLOCKS[type];
  const count = elementCount(dimensions);
  if (count === undefined) throw cursor.fault(`tensor ${label} has more than 2^53 elements`);
  if ((dimensions[0] ?? 1) % block.elements !== 0) {
    throw cursor.fault(
      `tensor ${label} has rows of ${dimensions[0] ?? 1}, no multiple of the ${block.elements} of ${type}`,
    );
  }
  return { name, type, shape: dimensions.reverse(), offset, length: (count / block.elements) * block.bytes };
}

function readType(cursor: GgufCursor, label: string): GgufType {
  const id = cursor.u32();
  const name = ggufTypeName(id);
  if (isGgufType(name)) return name;
  throw new OrpoError(
    'format',
    `Tensor ${label} of ${cursor.path} has the type ${name ?? 'unknown'} (number ${id}), which this package does not read.`,
    `It reads ${Object.keys(GGUF_BLOCKS).join(', ')}; take a file in one of these.`,
  );
}

function placeTensors(cursor: GgufCursor, infos: readonly TensorInfo[], alignment: number): Map<string, GgufTensor> {
  // multiplication, for positions beyond 2^31
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const info of infos) {
    const label = JSON.stringify(info.name);
    if (tensors.has(info.name)) throw cursor.fault(`tensor ${label} is given twice`);
    if (info.offset % alignment !== 0) {
      throw cursor.fault(`tensor ${label} begins at ${info.offset}, no multiple of the alignment ${alignment}`);
    }
    const offset = dataStart + info.offset;
    if (info.length > 0 && offset + info.length > cursor.size) {
      throw cursor.fault(
        `tensor ${label} ends at ${offset + info.length}, behind the end of the file at ${cursor.size}`,
      );
    }
    tensors.set(info.name, { ...info, offset });
  }
  refuseOverlap(cursor, [...tensors.values()]);
  return tensors;
}

function refuseOverlap(cursor: GgufCursor, tensors: readonly GgufTensor[]): void {
  const ordered = tensors.filter((tensor) => tensor.length > 0).sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const tensor of ordered) {
    if (tensor.offset < end) throw cursor.fault(`tensor ${JSON.stringify(tensor.name)} lies over another one`);
    end = tensor.offset + tensor.length;
  }
}
