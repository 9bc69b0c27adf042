import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** File name of a shared library here. */
export function libraryName(name: string): string {
  return `lib${name}.${process.platform === 'darwin' ? 'dylib' : 'so'}`;
}

/** What a torch folder holds, from its files alone: nothing is loaded. */
export interface TorchFolder {
  readonly folder: string;
  /** As torch writes it, with the build behind a plus: `2.13.0+cpu`. */
  readonly version: string;
  /** Path of libtorch_cuda when this build has one. */
  readonly cuda: string | undefined;
}

/**
 * Reads a torch folder (a Python package, or libtorch unpacked), or undefined when it lacks the library, the headers or a
 * version.
 */
export function readTorchFolder(folder: string): TorchFolder | undefined {
  const library = join(folder, 'lib', libraryName('torch_cpu'));
  if (!existsSync(library) || !existsSync(join(folder, 'include', 'ATen', 'Context.h'))) return undefined;
  const version = readVersion(folder);
  if (version === undefined) return undefined;
  const cuda = join(folder, 'lib', libraryName('torch_cuda'));
  return { folder, version, cuda: existsSync(cuda) ? cuda : undefined };
}

function readVersion(folder: string): string | undefined {
  const python = readText(join(folder, 'version.py'));
  if (python !== undefined) return /^__version__\s*=\s*['"]([^'"]+)['"]/m.exec(python)?.[1];
  // libtorch without Python keeps it here
  return readText(join(folder, 'build-version'))?.trim();
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Versions the addon is written for. */
export const SUPPORTED = 'torch 2.11 to 2.15';

/** Whether a torch version is one the addon is written for. */
export function isSupported(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  return major === '2' && Number(minor) >= 11 && Number(minor) <= 15;
}
