import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { OrpoError } from '../../errors.js';
import { installTorch } from './install-torch.js';
import { engineFolder } from './paths.js';
import { pipFailure } from './pip-failure.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-install-'));
  vi.stubEnv('ORPO_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function makePython(script: string): void {
  makeProgram('python3', script);
}

/** A program before all others on PATH that runs this shell script. */
function makeProgram(name: string, script: string): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
}

async function failure(): Promise<OrpoError> {
  const error: unknown = await installTorch().catch((reason: unknown) => reason);
  if (error instanceof OrpoError) return error;
  throw new Error(`not an OrpoError: ${error}`);
}

describe('installTorch', () => {
  it('says so when there is no Python', async () => {
    vi.stubEnv('PATH', folder);
    expect(await failure()).toMatchObject({ code: 'engine', message: expect.stringContaining('no python3 on PATH') });
  });

  it('says so when Python has no pip, and leaves nothing behind', async () => {
    makePython('echo "/usr/bin/python3: No module named pip" >&2; exit 1');
    expect(await failure()).toMatchObject({ code: 'engine', message: expect.stringContaining('has no pip') });
    expect(readdirSync(join(folder, 'cache', 'engine'))).toEqual([]);
  });

  it('borrows the file of another Python when this one is too old', async () => {
    // fails as pip does until it is asked for another version, then unpacks a torch into its target
    makePython(`
      case "$*" in
        *--python-version*) ;;
        *) echo 'ERROR: No matching distribution found for torch==2.13.0' >&2; exit 1;;
      esac
      while [ "$1" != --target ]; do shift; done
      mkdir -p "$2/torch/lib" "$2/torch/include/ATen"
      touch "$2/torch/lib/libtorch_cpu.so" "$2/torch/lib/libtorch_cpu.dylib" "$2/torch/include/ATen/Context.h"
      echo "__version__ = '2.13.0+cpu'" > "$2/torch/version.py"
      echo "Installing collected packages: torch"
    `);
    const messages: string[] = [];
    const torch = await installTorch({ onProgress: (message) => messages.push(message) });
    expect(torch).toMatchObject({ version: '2.13.0+cpu', folder: join(engineFolder(), 'torch') });
    expect(existsSync(join(engineFolder(), '.tmp'))).toBe(false);
    expect(messages).toContain('pip: Installing collected packages: torch');
    // found, and not installed again
    messages.length = 0;
    expect(await installTorch({ onProgress: (message) => messages.push(message) })).toEqual(torch);
    expect(messages).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('adds the CUDA libraries that a CUDA build needs', async () => {
    // a torch whose loader misses a library until its package is installed
    makePython(`
      what="$*"
      while [ "$1" != --target ]; do shift; done
      case "$what" in
        *nvidia-cuda-cupti==*) mkdir "$2/nvidia"; exit 0;;
      esac
      mkdir -p "$2/torch/lib" "$2/torch/include/ATen"
      touch "$2/torch/lib/libtorch_cpu.so" "$2/torch/include/ATen/Context.h"
      echo "__version__ = '2.13.0+cu130'" > "$2/torch/version.py"
    `);
    makeProgram('ldd', '[ -d "$(dirname "$1")/../../nvidia" ] || echo "	libcupti.so.13 => not found"');
    const messages: string[] = [];
    await installTorch({ onProgress: (message) => messages.push(message) });
    expect(messages.slice(0, 2)).toEqual([
      'installing torch 2.13.0 with pip',
      'installing nvidia-cuda-cupti 13.0.85 with pip',
    ]);
    expect(existsSync(join(engineFolder(), 'nvidia'))).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('refuses a build that cannot be loaded', async () => {
    makePython('exit 0');
    makeProgram('ldd', 'echo "	libmystery.so.1 => not found"');
    expect(await failure()).toMatchObject({ code: 'engine', message: expect.stringContaining('libmystery.so.1') });
    expect(existsSync(engineFolder())).toBe(false);
  });
});

describe('pipFailure', () => {
  it.each([
    ['WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found', 'network'],
    ['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device', 'disk'],
    ['ERROR: No matching distribution found for torch==2.13.0', 'engine'],
    ['Traceback', 'engine'],
  ])('%s', (output, code) => {
    expect(pipFailure('torch 2.13.0', output)).toMatchObject({ code });
  });
});
