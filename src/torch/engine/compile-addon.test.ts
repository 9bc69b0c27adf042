import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { addonPath, compileAddon, firstErrors } from './compile-addon.js';
import { findCompiler, NO_COMPILER_HINT } from './compiler.js';
import { cpuFeatures } from './cpu.js';
import { readyEngine } from './ensure-engine.js';
import { type FoundTorch, findTorch } from './find-torch.js';
import { addonKey, compileFlags, nativeSources } from './native-sources.js';
import { packageRoot } from './paths.js';

// looked for before a test moves the cache, in which a torch may lie
const there = findTorch();

/** The least that kernels have vector code for. */
const avx2 = cpuFeatures().avx2 ? { ORPO_MARCH: 'x86-64-v3' } : {};

describe.skipIf(there === undefined)('compileAddon (needs a torch: `npx orpo setup`, or ORPO_TORCH)', () => {
  let torch: FoundTorch;
  let cache: string;

  beforeAll(() => {
    if (there === undefined) throw new Error('skipped');
    torch = there;
    cache = mkdtempSync(join(tmpdir(), 'orpo-addon-'));
  });
  beforeEach(() => {
    vi.stubEnv('ORPO_CACHE', cache);
    vi.stubEnv('ORPO_TORCH', torch.folder);
    for (const [name, value] of Object.entries(avx2)) vi.stubEnv(name, value);
    return () => vi.unstubAllEnvs();
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  it('says so when there is no compiler', async () => {
    vi.stubEnv('PATH', join(cache, 'nothing'));
    vi.stubEnv('CXX', '');
    await expect(compileAddon(torch)).rejects.toThrow('No C++ compiler (g++) was found.');
  });

  it('quotes the compiler when it fails, and leaves nothing behind', async () => {
    vi.stubEnv('CXX', 'g++ -fno-such-flag');
    await expect(compileAddon(torch)).rejects.toThrow(/sources of the \w+ do not compile.*-fno-such-flag/s);
    expect(readdirSync(join(cache, 'addon'))).toEqual([]);
  });

  it('compiles once and without a warning, is found then, and loads', { timeout: 600_000 }, async () => {
    const compiler = findCompiler();
    if (compiler === undefined) throw new Error(NO_COMPILER_HINT);
    vi.stubEnv('CXX', [compiler.program, ...compiler.args, '-Wall', '-Wextra', '-Werror'].join(' '));
    expect(addonPath(torch)).toBeUndefined();
    expect(() => readyEngine()).toThrow(/not compiled yet/);

    const messages: string[] = [];
    const path = await compileAddon(torch, { onProgress: (message) => messages.push(message) });
    expect(messages).toHaveLength(2);
    const made = statSync(path).mtimeMs;
    expect(readdirSync(join(cache, 'addon'))).toHaveLength(1);
    expect(readdirSync(dirname(path))).toEqual(['orpo.node', 'preload.node']);

    messages.length = 0;
    expect(await compileAddon(torch, { onProgress: (message) => messages.push(message) })).toBe(path);
    expect(messages).toEqual([]);
    expect(statSync(path).mtimeMs).toBe(made);
    expect(readyEngine()).toMatchObject({ addon: path, torch: { folder: torch.folder, origin: 'ORPO_TORCH' } });

    const begin = performance.now();
    for (let i = 0; i < 5; i++) addonPath(torch);
    expect((performance.now() - begin) / 5).toBeLessThan(20);

    const addon: unknown = createRequire(import.meta.url)(path);
    expect(addon).toHaveProperty('versions');
  });

  it.skipIf(!('ORPO_MARCH' in avx2))('has no warning where it is made for this machine either', () => {
    vi.stubEnv('ORPO_MARCH', 'native');
    const compiler = findCompiler();
    if (compiler === undefined) throw new Error(NO_COMPILER_HINT);
    const sources = nativeSources();
    const unit = join(cache, 'all.cc');
    writeFileSync(
      unit,
      [...sources.units.values()].flatMap((files) => files.map((file) => `#include "${file}"\n`)).join(''),
    );
    const flags = [
      ...compiler.args,
      ...compileFlags(torch, sources),
      '-Wall',
      '-Wextra',
      '-Werror',
      '-fsyntax-only',
      unit,
    ];
    const { status, stderr } = spawnSync(compiler.program, flags, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!('ORPO_MARCH' in avx2))('computes the same with AVX2 alone', { timeout: 600_000 }, () => {
    // libtorch and its libraries are held to it too
    const env = { ...process.env, ATEN_CPU_CAPABILITY: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2' };
    const vitest = join(packageRoot(), 'node_modules/vitest/vitest.mjs');
    const tests = [
      'src/nn',
      'src/models/gguf-source.test.ts',
      'src/generation/cached-attention.test.ts',
      'test/training/plain-operators.test.ts',
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', ...tests], {
      cwd: packageRoot(),
      env,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toMatch(/Tests .*\d+ passed/);
    expect(status).toBe(0);
  });

  it('has another key when a source, the torch folder or its version changes', () => {
    const sources = nativeSources();
    const key = addonKey(torch, sources);
    expect(addonKey(torch, nativeSources())).toBe(key);
    expect(addonKey({ ...torch, folder: '/elsewhere' }, sources)).not.toBe(key);
    expect(addonKey({ ...torch, version: '2.14.0' }, sources)).not.toBe(key);
    vi.stubEnv('ORPO_MARCH', 'x86-64-v2');
    expect(addonKey(torch, sources)).not.toBe(key);
    vi.stubEnv('ORPO_MARCH', avx2.ORPO_MARCH);

    const copy = join(cache, 'native');
    cpSync(sources.folder, copy, { recursive: true });
    const move = (files: readonly string[]) => files.map((file) => file.replace(sources.folder, copy));
    const copied = {
      folder: copy,
      units: new Map([...sources.units].map(([name, files]) => [name, move(files)])),
      headers: move(sources.headers),
      preloader: sources.preloader.replace(sources.folder, copy),
    };
    const before = addonKey(torch, copied);
    appendFileSync(copied.headers[0] ?? '', '\n');
    expect(addonKey(torch, copied)).not.toBe(before);
  });
});

describe('firstErrors', () => {
  it('takes the lines that name errors, or the first ones', () => {
    const noise = 'In file included from a.cc:1:\n';
    expect(firstErrors(`${noise}a.h:3:1: error: no\n  3 | x\na.h:4:1: error: never\n`)).toBe(
      'a.h:3:1: error: no\na.h:4:1: error: never',
    );
    expect(firstErrors('sh: something\n')).toBe('sh: something');
    expect(firstErrors('')).toBe('the compiler gave no reason');
  });
});
