import { OrpoError } from '../errors.js';
import { writeAtomically, writeFully } from './atomic.js';
import { readFully, withRegularFile } from './regular-file.js';
import { type Header, MAX_HEADER_BYTES, parseHeader, SafetensorsFault } from './safetensors-header.js';
import { type StoredDtype, type StoredTensor, tensorByteLength } from './weights.js';

/** A tensor to be written; `bytes()` is called once, when its turn comes, so that only one is in memory at a time. */
export interface TensorBytes {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  bytes(): Uint8Array;
}

/** What a safetensors file holds, without its data. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const PREFIX_BYTES = 8;
const ALIGNMENT = 8;
const LONE_SURROGATE = /\p{Surrogate}/u;

// the order of the reference writer: wider formats first, so that every tensor begins at a multiple of its element size
const WRITE_ORDER: Readonly<Record<StoredDtype, number>> = {
  I64: 0,
  F64: 1,
  F32: 2,
  I32: 3,
  BF16: 4,
  F16: 5,
  I16: 6,
  I8: 7,
  U8: 8,
  BOOL: 9,
};

/**
 * Reads the header of a safetensors file and checks every rule of the format; the data is not touched.
 * Tensors come in the order of their bytes. Throws `format`, naming the rule that is broken, or `file`.
 */
export function readSafetensors(path: string): SafetensorsFile {
  return withRegularFile(path, (fd, size) => {
    try {
      const length = headerLength(fd, path, size);
      const bytes = new Uint8Array(length);
      readFully(fd, path, bytes, PREFIX_BYTES);
      const dataStart = PREFIX_BYTES + length;
      return locate(path, parseHeader(bytes, size - dataStart), dataStart);
    } catch (error) {
      if (!(error instanceof SafetensorsFault)) throw error;
      throw new OrpoError(
        'format',
        `${path} breaks the safetensors rule "${error.rule}": ${error.message}.`,
        'The file is damaged, cut off or not a safetensors file; fetch or write it again.',
        { cause: error },
      );
    }
  });
}

/**
 * Writes tensors to a safetensors file in one step, durably, in the order and layout of the reference writer, with the
 * data beginning at a multiple of 8 bytes. The same tensors always give the same bytes. The file at `path` may be one
 * that the tensors were mapped from. Throws `disk`, or `internal` for tensors that no file can hold.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly TensorBytes[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  const ordered = [...tensors].sort(
    (a, b) => WRITE_ORDER[a.dtype] - WRITE_ORDER[b.dtype] || compareUtf8(a.name, b.name),
  );
  const header = buildHeader(path, ordered, metadata);
  writeAtomically(path, (fd) => {
    writeFully(fd, header);
    for (const tensor of ordered) {
      const bytes = tensor.bytes();
      const expected = byteLength(path, tensor);
      if (bytes.byteLength !== expected) {
        throw unwritable(path, `tensor "${tensor.name}" gave ${bytes.byteLength} bytes instead of ${expected}`);
      }
      writeFully(fd, bytes);
    }
  });
}

function headerLength(fd: number, path: string, size: number): number {
  if (size < PREFIX_BYTES) throw new SafetensorsFault('file-size', `${size} bytes cannot hold the length of a header`);
  const prefix = new Uint8Array(PREFIX_BYTES);
  readFully(fd, path, prefix, 0);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsFault('header-size', `the header is said to have ${length} bytes, above ${MAX_HEADER_BYTES}`);
  }
  if (length > BigInt(size - PREFIX_BYTES)) {
    throw new SafetensorsFault('header-size', `the header is said to have ${length} bytes, but the file has ${size}`);
  }
  return Number(length);
}

function locate(path: string, header: Header, dataStart: number): SafetensorsFile {
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of header.entries) {
    tensors.set(name, { name, dtype, shape, file: path, offset: dataStart + begin, length: end - begin });
  }
  return { tensors, metadata: header.metadata };
}

function buildHeader(
  path: string,
  tensors: readonly TensorBytes[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const members: string[] = [];
  const notes = Object.keys(metadata).sort(compareUtf8);
  if (notes.length > 0) {
    const pairs = notes.map((key) => `${jsonText(path, key)}:${jsonText(path, metadata[key] ?? '')}`);
    members.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  const seen = new Set<string>(['__metadata__']);
  let at = 0;
  for (const tensor of tensors) {
    if (seen.has(tensor.name)) throw unwritable(path, `the name "${tensor.name}" is taken`);
    seen.add(tensor.name);
    const end = at + byteLength(path, tensor);
    const entry = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [at, end] };
    members.push(`${jsonText(path, tensor.name)}:${JSON.stringify(entry)}`);
    at = end;
  }
  const json = Buffer.from(`{${members.join(',')}}`, 'utf8');
  const length = Math.ceil((PREFIX_BYTES + json.byteLength) / ALIGNMENT) * ALIGNMENT - PREFIX_BYTES;
  if (length > MAX_HEADER_BYTES) throw unwritable(path, `its header would have ${length} bytes`);
  const header = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, PREFIX_BYTES);
  return header;
}

function jsonText(path: string, text: string): string {
  if (LONE_SURROGATE.test(text)) throw unwritable(path, `${JSON.stringify(text)} holds half a surrogate pair`);
  return JSON.stringify(text);
}

function byteLength(path: string, tensor: TensorBytes): number {
  const whole = tensor.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  const length = whole ? tensorByteLength(tensor.dtype, tensor.shape) : undefined;
  if (length === undefined)
    throw unwritable(path, `tensor "${tensor.name}" has the shape [${tensor.shape.join(', ')}]`);
  return length;
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

function unwritable(path: string, what: string): OrpoError {
  return new OrpoError('internal', `Cannot write ${path}: ${what}.`, 'This is a fault of the caller of the writer.');
}
