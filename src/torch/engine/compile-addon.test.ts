import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { addonPath, compileAddon, firstErrors } from './compile-addon.js';
import { findCompiler, NO_COMPILER_HINT } from './compiler.js';
import { readyEngine } from './ensure-engine.js';
import { type FoundTorch, findTorch } from './find-torch.js';
import { addonKey, nativeSources } from './native-sources.js';

// looked for before a test moves the cache, in which a torch may lie
const there = findTorch();

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
    expect(readdirSync(dirname(path))).toEqual(['orpo.node']);

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

  it('has another key when a source, the torch folder or its version changes', () => {
    const sources = nativeSources();
    const key = addonKey(torch, sources);
    expect(addonKey(torch, nativeSources())).toBe(key);
    expect(addonKey({ ...torch, folder: '/elsewhere' }, sources)).not.toBe(key);
    expect(addonKey({ ...torch, version: '2.14.0' }, sources)).not.toBe(key);

    const copy = join(cache, 'native');
    cpSync(sources.folder, copy, { recursive: true });
    const move = (files: readonly string[]) => files.map((file) => file.replace(sources.folder, copy));
    const copied = {
      folder: copy,
      units: new Map([...sources.units].map(([name, files]) => [name, move(files)])),
      headers: move(sources.headers),
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
