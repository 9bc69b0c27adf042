import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { OrpoError } from '../errors.js';
import { systemCode, systemReason } from './system-error.js';

// one read call takes at most 2^31 - 1 bytes
const LARGEST_READ = 1 << 30;

/**
 * Opens a regular file, hands its descriptor and size to `use`, and closes it whatever happens.
 * Folders, pipes and devices are refused, so no read blocks or goes on for ever. Throws `file`.
 */
export function withRegularFile<T>(path: string, use: (fd: number, size: number) => T): T {
  let fd: number;
  try {
    // non-blocking, or opening a pipe would wait for its writer
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw openError(path, error);
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) {
      throw new OrpoError('file', `${path} is not a regular file.`, 'Give the path of a plain file.');
    }
    return use(fd, status.size);
  } finally {
    closeSync(fd);
  }
}

/** Fills `target` with the bytes of the file from `position` on. Throws `file` when the file ends before that. */
export function readFully(fd: number, path: string, target: Uint8Array, position: number): void {
  let done = 0;
  while (done < target.byteLength) {
    const wanted = Math.min(target.byteLength - done, LARGEST_READ);
    const got = readOnce(fd, path, target, done, wanted, position + done);
    if (got === 0) {
      throw new OrpoError(
        'file',
        `${path} ended at byte ${position + done} while ${target.byteLength - done} more were expected.`,
        'The file was changed while it was read, or is cut off; fetch or write it again.',
      );
    }
    done += got;
  }
}

/** The whole text of a small UTF-8 file. Throws `file` above `limit` bytes and `format` for bytes that are not UTF-8. */
export function readTextFile(path: string, limit: number): string {
  return withRegularFile(path, (fd, size) => {
    if (size > limit) {
      throw new OrpoError('file', `${path} has ${size} bytes, more than the ${limit} allowed.`, 'Check that path.');
    }
    const bytes = new Uint8Array(size);
    readFully(fd, path, bytes, 0);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw new OrpoError('format', `${path} is not UTF-8 text.`, 'Save the file as UTF-8.', { cause: error });
    }
  });
}

function readOnce(fd: number, path: string, target: Uint8Array, at: number, length: number, position: number): number {
  try {
    return readSync(fd, target, at, length, position);
  } catch (error) {
    throw new OrpoError('file', `Cannot read ${path}: ${systemReason(error)}.`, 'Check the disk that holds it.', {
      cause: error,
    });
  }
}

function openError(path: string, error: unknown): OrpoError {
  const code = systemCode(error);
  if (code === 'ENOENT') return new OrpoError('file', `${path} does not exist.`, 'Check the path.', { cause: error });
  return new OrpoError('file', `Cannot open ${path}: ${systemReason(error)}.`, 'Check the path and its permissions.', {
    cause: error,
  });
}
