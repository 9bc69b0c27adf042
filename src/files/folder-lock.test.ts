import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCK, lockFolder } from './folder-lock.js';

describe('lockFolder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orpo-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const claim = (pid: number | undefined, started: number) =>
    writeFileSync(join(folder, LOCK), JSON.stringify({ pid, started }));

  it('refuses a folder that a living process holds, and takes it once that is gone', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      await once(other, 'spawn');
      claim(other.pid, Date.now());
      expect(() => lockFolder(folder)).toThrow(`process ${other.pid} is working on that run`);
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    const release = lockFolder(folder);
    expect(existsSync(join(folder, LOCK))).toBe(true);
    release();
    expect(existsSync(join(folder, LOCK))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('sees that a number belongs to a later process now', () => {
    claim(process.ppid, 0);
    lockFolder(folder)();
  });

  it('passes over a claim that a crash left half written', () => {
    writeFileSync(join(folder, LOCK), '{"pid": 1');
    lockFolder(folder)();
  });
});
