import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeFolder } from './staging.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-staging-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('shows the folder only when it is whole', async () => {
    const target = join(folder, 'deep', 'made');
    await makeFolder(target, async (staging) => {
      writeFileSync(join(staging, 'a'), '1');
      expect(existsSync(target)).toBe(false);
    });
    expect(readdirSync(target)).toEqual(['a']);
  });

  it('leaves nothing after a failure', async () => {
    const failing = makeFolder(join(folder, 'made'), async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the folder of whoever was first', async () => {
    const target = join(folder, 'made');
    await makeFolder(target, async (slow) => {
      writeFileSync(join(slow, 'a'), 'second');
      await makeFolder(target, async (quick) => writeFileSync(join(quick, 'a'), 'first'));
    });
    expect(readFileSync(join(target, 'a'), 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['made']);
  });

  it('removes what killed processes left, and only that', async () => {
    // above the highest process id of Linux and macOS
    const dead = `.staging-${hostname()}-99999999-abc`;
    const alive = `.staging-${hostname()}-${process.pid}-abc`;
    const elsewhere = '.staging-another.host-99999999-abc';
    for (const name of [dead, alive, elsewhere]) mkdirSync(join(folder, name));
    await makeFolder(join(folder, 'made'), async () => {});
    expect(readdirSync(folder).sort()).toEqual([elsewhere, alive, 'made'].sort());
  });
});
