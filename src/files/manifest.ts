import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { OrpoError } from '../errors.js';
import { readFully, readTextFile, withRegularFile } from './regular-file.js';

const MANIFEST = 'manifest.json';
const MAX_MANIFEST_BYTES = 64 << 20;
const HASH_CHUNK = 4 << 20;

/** What a writer adds to a manifest: the step, the hash of the configuration, and the like. */
export type ManifestExtra = Readonly<Record<string, unknown>>;

const manifestSchema = z.looseObject({
  format: z.literal(1),
  files: z.record(z.string(), z.object({ bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** A folder's table of contents: size and SHA-256 of each file, by its path inside the folder with `/` between parts. */
export type Manifest = z.infer<typeof manifestSchema>;

/** SHA-256 of a file in hexadecimal, read in chunks. */
export function hashFile(path: string): { readonly bytes: number; readonly sha256: string } {
  return withRegularFile(path, (fd, size) => {
    const hash = createHash('sha256');
    const chunk = new Uint8Array(Math.min(size, HASH_CHUNK));
    for (let at = 0; at < size; at += chunk.byteLength) {
      const part = chunk.subarray(0, Math.min(chunk.byteLength, size - at));
      readFully(fd, path, part, at);
      hash.update(part);
    }
    return { bytes: size, sha256: hash.digest('hex') };
  });
}

/** The manifest of all files in a folder; `settle` is called once for each file and each inner folder, before it is hashed. */
export function buildManifest(folder: string, extra: ManifestExtra, settle: (path: string) => void): Manifest {
  for (const key of ['format', 'files']) {
    if (Object.hasOwn(extra, key)) {
      throw new OrpoError('internal', `A manifest cannot carry "${key}" of its own.`, 'Use another key.');
    }
  }
  const files: Manifest['files'] = {};
  const { names, folders } = listFiles(folder);
  for (const name of names) {
    if (name === MANIFEST) throw new OrpoError('internal', `${folder} already has a ${MANIFEST}.`, 'Leave it out.');
    settle(join(folder, name));
    files[name] = hashFile(join(folder, name));
  }
  for (const inner of folders) settle(join(folder, inner));
  return { format: 1, ...extra, files };
}

/** Reads a folder's manifest and compares every file with it. */
export function checkManifest(folder: string): Manifest {
  const manifest = readManifest(folder);
  const present = new Set(listFiles(folder).names);
  present.delete(MANIFEST);
  for (const [name, expected] of Object.entries(manifest.files)) {
    if (!present.delete(name)) throw damaged(folder, `${name} is missing`);
    const found = hashFile(join(folder, name));
    if (found.bytes !== expected.bytes) {
      throw damaged(folder, `${name} has ${found.bytes} bytes, and ${expected.bytes} were written`);
    }
    if (found.sha256 !== expected.sha256) throw damaged(folder, `the content of ${name} is not what was written`);
  }
  for (const name of present) throw damaged(folder, `${name} was added after it was written`);
  return manifest;
}

/** Reads a folder's manifest without comparing the files. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  const text = readTextFile(path, MAX_MANIFEST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(folder, `${MANIFEST} is not JSON`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw damaged(folder, `${MANIFEST} is not a manifest of format 1${where === '' ? '' : ` (at ${where})`}`);
}

function listFiles(folder: string): { names: string[]; folders: string[] } {
  const names: string[] = [];
  const folders: string[] = [];
  function walk(inner: string): void {
    for (const entry of readdirSync(join(folder, inner), { withFileTypes: true })) {
      const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) {
        walk(name);
        folders.push(name);
      } else {
        names.push(name);
      }
    }
  }
  walk('');
  return { names: names.sort(), folders };
}

function damaged(folder: string, what: string): OrpoError {
  return new OrpoError(
    'format',
    `${folder} is damaged: ${what}.`,
    'Use an earlier checkpoint, or write this one again.',
  );
}
