import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { findTorch } from './find-torch.js';
import { engineFolder } from './paths.js';
import { isSupported, libraryName } from './torch-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-find-'));
  vi.stubEnv('ORPO_CACHE', join(folder, 'cache'));
  vi.stubEnv('ORPO_TORCH', '');
  // none of the machine's own programs, so that only what a test makes is found
  vi.stubEnv('PATH', join(folder, 'bin'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function makeTorch(site: string, version: string, libraries = ['torch_cpu']): string {
  const torch = join(site, 'torch');
  mkdirSync(join(torch, 'lib'), { recursive: true });
  mkdirSync(join(torch, 'include', 'ATen'), { recursive: true });
  writeFileSync(join(torch, 'include', 'ATen', 'Context.h'), '');
  writeFileSync(join(torch, 'version.py'), `__all__ = ['__version__']\n__version__ = '${version}'\n`);
  for (const name of libraries) writeFileSync(join(torch, 'lib', libraryName(name)), '');
  return torch;
}

/** A python3 that answers with the given search path and counts how often it is asked. */
function makePython(site: string): () => number {
  const calls = join(folder, 'calls');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const python = join(folder, 'bin', 'python3');
  writeFileSync(python, `#!/bin/sh\necho x >> '${calls}'\necho '["", ${JSON.stringify(site)}]'\n`);
  chmodSync(python, 0o755);
  return () => (existsSync(calls) ? readFileSync(calls, 'utf8').length / 2 : 0);
}

describe('findTorch', () => {
  it('finds nothing where nothing is', () => {
    expect(findTorch()).toBeUndefined();
  });

  it('takes ORPO_TORCH before Python before the engine folder', () => {
    const own = makeTorch(engineFolder(), '2.13.0+cpu');
    expect(findTorch()).toEqual({ folder: own, version: '2.13.0+cpu', origin: 'engine folder', cuda: undefined });

    const site = join(folder, 'site');
    const python = makeTorch(site, '2.15.0+cu130', ['torch_cpu', 'torch_cuda']);
    makePython(site);
    expect(findTorch()).toEqual({
      folder: python,
      version: '2.15.0+cu130',
      origin: 'python',
      cuda: join(python, 'lib', libraryName('torch_cuda')),
    });

    const named = makeTorch(join(folder, 'named'), '2.11.1');
    vi.stubEnv('ORPO_TORCH', named);
    expect(findTorch()).toMatchObject({ folder: named, origin: 'ORPO_TORCH' });
    vi.stubEnv('ORPO_TORCH', join(folder, 'named'));
    expect(findTorch()).toMatchObject({ folder: named, origin: 'ORPO_TORCH' });
  });

  it('asks Python once, but sees a torch that is installed later', () => {
    const site = join(folder, 'site');
    const calls = makePython(site);
    expect(findTorch()).toBeUndefined();
    makeTorch(site, '2.14.0');
    expect(findTorch()).toMatchObject({ origin: 'python', version: '2.14.0' });
    expect(calls()).toBe(1);
    vi.stubEnv('VIRTUAL_ENV', '/another');
    findTorch();
    expect(calls()).toBe(2);
  });

  it('passes over a version of Python it does not know, and refuses one that ORPO_TORCH names', () => {
    const site = join(folder, 'site');
    makeTorch(site, '2.16.0');
    makePython(site);
    expect(findTorch()).toBeUndefined();
    makeTorch(engineFolder(), '2.13.0');
    expect(findTorch()).toMatchObject({ origin: 'engine folder' });
    vi.stubEnv('ORPO_TORCH', join(site, 'torch'));
    expect(() => findTorch()).toThrow(/torch 2\.16\.0 .* works with torch 2\.11 to 2\.15/);
  });

  it('refuses an ORPO_TORCH that is no torch', () => {
    vi.stubEnv('ORPO_TORCH', folder);
    expect(() => findTorch()).toThrow(/not a torch folder/);
  });
});

describe('isSupported', () => {
  it.each([
    ['2.10.9', false],
    ['2.11.0', true],
    ['2.15.1+cu130', true],
    ['2.16.0a0', false],
    ['2.1.1', false],
    ['3.13.0', false],
    ['1.13.1', false],
  ])('%s: %s', (version, expected) => {
    expect(isSupported(version)).toBe(expected);
  });
});
