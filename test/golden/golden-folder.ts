import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '../../src/files/safetensors.js';
import { MappedFile, scope, toFloat32Array } from '../../src/torch/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of reference values made by transformers, TRL and PEFT. */
export interface GoldenFolder {
  readonly name: string;
  readonly path: string;
}

/** The project's own fixtures, and a second, independent set where there is one. */
export function goldenFolders(): readonly GoldenFolder[] {
  const own = { name: 'fixtures', path: join(root, 'test/fixtures/golden') };
  const other = { name: 'GOLDEN_DIR', path: resolve(root, process.env.GOLDEN_DIR ?? '../shared/golden') };
  return existsSync(other.path) ? [own, other] : [own];
}

/** Says in the test report what a missing GOLDEN_DIR leaves out. */
export function goldenIsMissing(): boolean {
  return goldenFolders().length === 1;
}

export function entries(...path: string[]): readonly string[] {
  const folder = join(...path);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function readGolden<T>(...path: string[]): T {
  const parsed: T = JSON.parse(readFileSync(join(...path), 'utf8'));
  return parsed;
}

/** Every tensor of a safetensors file as float32 numbers. */
export function readArrays(...path: string[]): Map<string, Float32Array> {
  const name = join(...path);
  const file = new MappedFile(name);
  try {
    return new Map(
      [...readSafetensors(name).tensors].map(([key, { offset, shape }]) => [
        key,
        scope(() => toFloat32Array(file.tensor(offset, shape, 'float32'))),
      ]),
    );
  } finally {
    file.dispose();
  }
}

/** Largest absolute difference of two arrays of equal length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
