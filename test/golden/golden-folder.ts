import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { readSafetensors } from '../../src/files/safetensors.js';
import { MappedFile, scope, toFloat32Array } from '../../src/torch/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of reference values made by transformers, TRL and PEFT. */
export interface GoldenFolder {
  readonly name: string;
  readonly path: string;
}

const own = { name: 'fixtures', path: join(root, 'test/fixtures/golden') };
const second = { name: 'GOLDEN_DIR', path: resolve(root, process.env.GOLDEN_DIR ?? '../shared/golden') };

/** The project's own fixtures and a second, independent set: those of them where the path inside exists. */
export function goldenFolders(...inside: string[]): readonly GoldenFolder[] {
  return [own, second].filter(({ path }) => existsSync(join(path, ...inside)));
}

/**
 * One skipped test that names what the second set lacks, so that the report says what was left out; a test file that
 * compares with the second set alone would otherwise have no test at all, which is a failure.
 */
export function skipWhatIsAbsent(...inside: string[]): void {
  const path = join(second.path, ...inside);
  if (!existsSync(path)) it.skip(`${join(second.name, ...inside)} is absent: nothing at ${path}`, () => {});
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
