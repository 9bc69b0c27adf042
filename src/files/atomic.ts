import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { OrpoError } from '../errors.js';
import { buildManifest, checkManifest, type Manifest, type ManifestExtra } from './manifest.js';
import { diskError, systemCode } from './system-error.js';

const STAGING = '.staging-';
const REPLACED = '.replaced-';
const RANDOM_LENGTH = 12;

// one write call takes at most 2^31 - 1 bytes
const LARGEST_WRITE = 1 << 30;

/** Writes all bytes to a descriptor, however few the system takes at a time. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, LARGEST_WRITE));
}

/** Makes a file or a folder durable. File systems that cannot sync a folder are excused; a failed sync of data is not. */
export function fsyncPath(path: string): void {
  const folder = statSync(path).isDirectory();
  let fd: number;
  try {
    fd = openSync(path, folder ? 'r' : 'r+');
  } catch (error) {
    if (folder && isUnsupported(error)) return;
    throw error;
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!(folder && isUnsupported(error))) throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a file in one step: whoever opens `path` sees the old content or the new, also after a crash.
 * `write` fills a temporary file in the same folder, which is synced and renamed, and then the folder is synced.
 * On failure the temporary file is removed, the old one stays, and a `disk` error names the path; an `OrpoError` that
 * `write` throws passes through.
 */
export function writeAtomically(path: string, write: (fd: number) => void): void {
  const temporary = stagingFile(path);
  try {
    const fd = openSync(temporary, 'wx');
    try {
      write(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw notWritten(path, temporary, error);
  }
  replaceBy(temporary, path);
}

/** The same for what comes bit by bit: nothing of it is at `path` before all of it is. */
export async function writeAtomicallyLater(path: string, write: (fd: number) => Promise<void>): Promise<void> {
  const temporary = stagingFile(path);
  try {
    const fd = openSync(temporary, 'wx');
    try {
      await write(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw notWritten(path, temporary, error);
  }
  replaceBy(temporary, path);
}

/** Writes bytes or UTF-8 text to a file in one step; see `writeAtomically`. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  writeAtomically(path, (fd) => writeFully(fd, bytes));
}

/**
 * Writes a whole folder in one step. `fill` puts files into a staging folder beside `target`; each is synced, a
 * `manifest.json` with their sizes, hashes and `extra` is written last, and the folder is renamed to `target`, replacing
 * what was there. On failure the staging folder is removed, the old folder stays as it was, and a `disk` error names the
 * path; an `OrpoError` of another kind that `fill` throws passes through.
 */
export function stageFolder(target: string, fill: (staging: string) => void, extra: ManifestExtra = {}): void {
  const path = resolve(target);
  const parent = dirname(path);
  const staging = join(parent, `${STAGING}${randomName()}-${basename(path)}`);
  try {
    mkdirSync(parent, { recursive: true });
    mkdirSync(staging);
    fill(staging);
    const manifest = buildManifest(staging, extra, fsyncPath);
    writeFileAtomic(join(staging, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    fsyncPath(staging);
    putInPlace(staging, path);
  } catch (error) {
    removeQuietly(staging);
    if (error instanceof OrpoError && error.code !== 'disk') throw error;
    const cause = error instanceof OrpoError && error.cause !== undefined ? error.cause : error;
    throw diskError(`Cannot save ${target}`, cause, existsSync(path) ? '; the previous one is intact' : '');
  }
  removeReplaced(parent, basename(path));
}

/**
 * Checks a folder that `stageFolder` wrote: every file of its manifest has the size and the hash written there, and no
 * file lies beside them. Returns the manifest. Throws `file` when there is none, `format` naming the file that differs.
 */
export function verifyFolder(path: string): Manifest {
  return checkManifest(path);
}

/**
 * Tidies up after a process that was killed while it saved into `parent`: half-written entries are removed, and a folder
 * that had been set aside is put back when its successor never arrived. Returns the names of the removed entries. Only
 * the process that owns `parent` may call this. Throws `disk`.
 */
export function sweepStaging(parent: string): string[] {
  if (!existsSync(parent)) return [];
  try {
    return sweep(parent);
  } catch (error) {
    throw diskError(`Cannot tidy up ${parent}`, error);
  }
}

/**
 * Removes a folder so that a process killed meanwhile leaves no half of it under its name; `sweepStaging` finishes the
 * work then. Throws `disk`.
 */
export function removeFolder(path: string): void {
  const staging = join(dirname(path), `${STAGING}${randomName()}-${basename(path)}`);
  try {
    renameSync(path, staging);
    rmSync(staging, { recursive: true, force: true });
  } catch (error) {
    throw diskError(`Cannot remove ${path}`, error);
  }
}

function sweep(parent: string): string[] {
  const removed: string[] = [];
  for (const name of readdirSync(parent)) {
    const entry = join(parent, name);
    if (name.startsWith(REPLACED)) {
      const original = join(parent, name.slice(REPLACED.length + RANDOM_LENGTH + 1));
      if (!existsSync(original)) {
        renameSync(entry, original);
        continue;
      }
    } else if (!name.startsWith(STAGING)) {
      continue;
    }
    rmSync(entry, { recursive: true, force: true });
    removed.push(name);
  }
  fsyncPath(parent);
  return removed.sort();
}

/** Renames `staging` to `path`, durably, or undoes all of it. */
function putInPlace(staging: string, path: string): void {
  const parent = dirname(path);
  // a folder cannot be renamed over a full one: the old one steps aside first, and `sweepStaging` knows how to undo that
  const aside = existsSync(path) ? join(parent, `${REPLACED}${randomName()}-${basename(path)}`) : undefined;
  if (aside !== undefined) renameSync(path, aside);
  try {
    renameSync(staging, path);
    fsyncPath(parent);
  } catch (error) {
    if (!existsSync(staging)) renameSync(path, staging);
    if (aside !== undefined) renameSync(aside, path);
    throw error;
  }
}

function removeReplaced(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    if (entry.startsWith(REPLACED) && entry.slice(REPLACED.length + RANDOM_LENGTH + 1) === name) {
      removeQuietly(join(parent, entry));
    }
  }
}

function stagingFile(path: string): string {
  return join(dirname(resolve(path)), `${STAGING}${randomName()}`);
}

function replaceBy(temporary: string, path: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    throw notWritten(path, temporary, error);
  }
  try {
    fsyncPath(dirname(resolve(path)));
  } catch (error) {
    throw diskError(`Cannot make ${path} durable`, error);
  }
}

function notWritten(path: string, temporary: string, error: unknown): OrpoError {
  removeQuietly(temporary);
  if (error instanceof OrpoError) return error;
  return diskError(`Cannot write ${path}`, error, existsSync(path) ? '; the previous file is intact' : '');
}

/** For clean-up on the way out of an error, which must not hide that error. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // the next sweep removes it
  }
}

function isUnsupported(error: unknown): boolean {
  return ['EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR', 'EBADF'].includes(systemCode(error) ?? '');
}

function randomName(): string {
  return randomBytes(RANDOM_LENGTH / 2).toString('hex');
}
