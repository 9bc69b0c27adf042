import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

import { OrpoError } from '../errors.js';
import type { OnFetchProgress } from './progress.js';
import { readFully, withRegularFile } from './regular-file.js';

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly start: number;
}

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 65_535;
const LINK_TYPE = 0o120000;
const TYPE_MASK = 0o170000;

/**
 * Unpacks a zip archive (a Python wheel is one) into an existing folder. Entries are stored or deflated; sizes and
 * checksums are verified. Names that lead out of the folder, links, encryption and zip64 are refused before anything is
 * written. Throws `format`.
 */
export async function extractZip(archive: string, folder: string, onProgress?: OnFetchProgress): Promise<void> {
  const entries = readEntries(archive);
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let done = 0;
  for (const entry of entries) {
    const target = join(folder, entry.name);
    if (entry.name.endsWith('/')) {
      mkdirSync(target, { recursive: true });
      continue;
    }
    mkdirSync(dirname(target), { recursive: true });
    await extractEntry(archive, entry, target, (bytes) => {
      done += bytes;
      onProgress?.({ what: `unpacking ${entry.name}`, done, total });
    });
  }
}

async function extractEntry(
  archive: string,
  entry: ZipEntry,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let size = 0;
  let crc = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      size += chunk.byteLength;
      crc = crc32(chunk, crc);
      onBytes(chunk.byteLength);
      // an archive that unpacks to more than it says is stopped at once
      next(size > entry.size ? bad(archive, `${entry.name} is larger than it says`) : null, chunk);
    },
  });
  const write = createWriteStream(target, { flags: 'wx' });
  if (entry.packed === 0) {
    await pipeline([], check, write);
  } else {
    const source = createReadStream(archive, { start: entry.start, end: entry.start + entry.packed - 1 });
    if (entry.method === 0) await pipeline(source, check, write);
    else
      await pipeline(source, createInflateRaw(), check, write).catch((error: unknown) =>
        rethrow(archive, entry, error),
      );
  }
  if (size !== entry.size || crc !== entry.crc) throw bad(archive, `${entry.name} is not what was packed`);
}

function rethrow(archive: string, entry: ZipEntry, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_') || code === 'ERR_ZLIB') throw bad(archive, `${entry.name} cannot be unpacked`);
  throw error;
}

function readEntries(archive: string): ZipEntry[] {
  return withRegularFile(archive, (fd, size) => {
    const part = (position: number, length: number): DataView => {
      if (position < 0 || length < 0 || position + length > size) throw bad(archive, 'it points behind its end');
      const bytes = new Uint8Array(length);
      readFully(fd, archive, bytes, position);
      return new DataView(bytes.buffer);
    };
    const tailStart = Math.max(0, size - END_BYTES - LONGEST_COMMENT);
    const { count, length, start } = readEnd(archive, part(tailStart, size - tailStart));
    const directory = part(start, length);
    const entries: ZipEntry[] = [];
    const names = new Set<string>();
    for (let at = 0, i = 0; i < count; i++) {
      if (at + CENTRAL_BYTES > length || directory.getUint32(at, true) !== CENTRAL_SIGNATURE) {
        throw bad(archive, 'its table of contents is damaged');
      }
      const nameLength = directory.getUint16(at + 28, true);
      const next =
        at + CENTRAL_BYTES + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
      if (next > length) throw bad(archive, 'its table of contents is damaged');
      const name = entryName(archive, new Uint8Array(directory.buffer, at + CENTRAL_BYTES, nameLength));
      if (names.has(name)) throw bad(archive, `it holds ${JSON.stringify(name)} twice`);
      names.add(name);
      const local = directory.getUint32(at + 42, true);
      const header = part(local, LOCAL_BYTES);
      if (header.getUint32(0, true) !== LOCAL_SIGNATURE) throw bad(archive, `the entry of ${name} is damaged`);
      const data = local + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
      const entry = readEntry(archive, directory, at, name, data);
      if (entry.start + entry.packed > size) throw bad(archive, `${name} is cut off`);
      entries.push(entry);
      at = next;
    }
    return entries;
  });
}

function readEnd(archive: string, tail: DataView): { count: number; length: number; start: number } {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const count = tail.getUint16(at + 10, true);
    const length = tail.getUint32(at + 12, true);
    const start = tail.getUint32(at + 16, true);
    if (count === 0xffff || start === 0xffffffff) throw bad(archive, 'it is a zip64 archive, which is not supported');
    return { count, length, start };
  }
  throw bad(archive, 'it has no table of contents');
}

function readEntry(archive: string, directory: DataView, at: number, name: string, start: number): ZipEntry {
  const flags = directory.getUint16(at + 8, true);
  const method = directory.getUint16(at + 10, true);
  const crc = directory.getUint32(at + 16, true);
  const packed = directory.getUint32(at + 20, true);
  const size = directory.getUint32(at + 24, true);
  const mode = directory.getUint32(at + 38, true) >>> 16;
  if ((flags & 1) !== 0) throw bad(archive, `${name} is encrypted`);
  if (method !== 0 && method !== 8) throw bad(archive, `${name} is packed by method ${method}`);
  if (packed === 0xffffffff || size === 0xffffffff) throw bad(archive, `${name} needs zip64, which is not supported`);
  if ((mode & TYPE_MASK) === LINK_TYPE) throw bad(archive, `${name} is a symbolic link`);
  return { name, method, crc, packed, size, start };
}

function entryName(archive: string, bytes: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad(archive, 'it holds a name that is not UTF-8');
  }
  const parts = name.replace(/\/$/, '').split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Control}]/u.test(part));
  if (!plain) throw bad(archive, `the name ${JSON.stringify(name)} leads out of its folder`);
  return name;
}

function bad(archive: string, what: string): OrpoError {
  return new OrpoError('format', `${archive} is not a sound zip archive: ${what}.`, 'Fetch it again.');
}
