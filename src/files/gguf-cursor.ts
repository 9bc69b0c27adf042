import { OrpoError } from '../errors.js';
import { readFully } from './regular-file.js';

const WINDOW_BYTES = 1 << 20;

/**
 * Reads little-endian values one after another from an open file, through a window, so that a header of any size costs
 * little memory. Every read is checked against the end of the file before anything is allocated. Throws `format`.
 */
export class GgufCursor {
  readonly path: string;
  readonly size: number;
  readonly #fd: number;
  #window = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  #position = 0;

  constructor(path: string, fd: number, size: number) {
    this.path = path;
    this.size = size;
    this.#fd = fd;
  }

  /** Bytes consumed so far. */
  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.size - this.#position;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#window.getUint8(at);
  }

  i8(): number {
    const at = this.#take(1);
    return this.#window.getInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return this.#window.getUint16(at, true);
  }

  i16(): number {
    const at = this.#take(2);
    return this.#window.getInt16(at, true);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#window.getUint32(at, true);
  }

  i32(): number {
    const at = this.#take(4);
    return this.#window.getInt32(at, true);
  }

  f32(): number {
    const at = this.#take(4);
    return this.#window.getFloat32(at, true);
  }

  f64(): number {
    const at = this.#take(8);
    return this.#window.getFloat64(at, true);
  }

  u64(): number | bigint {
    const at = this.#take(8);
    return narrow(this.#window.getBigUint64(at, true));
  }

  i64(): number | bigint {
    const at = this.#take(8);
    return narrow(this.#window.getBigInt64(at, true));
  }

  /** A u64 that counts something which takes at least `unit` bytes of the rest of the file each. */
  count(what: string, unit: number): number {
    const count = this.u64();
    if (typeof count === 'bigint' || count > Math.floor(this.remaining / unit)) {
      throw this.fault(`it announces ${count} of ${what}, more than the rest of the file can hold`);
    }
    return count;
  }

  /** UTF-8 text after its length in bytes; `what` names it in errors. */
  string(what: string, longest: number): string {
    const length = this.count(what, 1);
    if (length > longest) throw this.fault(`${what} has ${length} bytes, above the ${longest} allowed`);
    const start = this.#take(length);
    const bytes = new Uint8Array(this.#window.buffer, this.#window.byteOffset + start, length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.fault(`${what} is not UTF-8`);
    }
  }

  /** The error for something wrong at the present position. */
  fault(what: string): OrpoError {
    return new OrpoError(
      'format',
      `${this.path} is not a readable GGUF file: ${what} (byte ${this.#position}).`,
      'The file is damaged or cut off; fetch it again.',
    );
  }

  /** Consumes `length` bytes and returns where they begin in the window, which may be a new one: take first, then look. */
  #take(length: number): number {
    if (length > this.remaining) throw this.fault('it ends in the middle of its header');
    let start = this.#position - this.#windowStart;
    if (start + length > this.#window.byteLength) {
      const bytes = new Uint8Array(Math.min(this.remaining, Math.max(length, WINDOW_BYTES)));
      readFully(this.#fd, this.path, bytes, this.#position);
      this.#window = new DataView(bytes.buffer);
      this.#windowStart = this.#position;
      start = 0;
    }
    this.#position += length;
    return start;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
