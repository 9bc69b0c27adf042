import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pruneFolders } from './prune-folders.js';

it('keeps the folders that were changed last, and every file', () => {
  const parent = mkdtempSync(join(tmpdir(), 'orpo-prune-'));
  try {
    for (const [name, seconds] of [
      ['b', 20],
      ['a', 30],
      ['c', 10],
    ] as const) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'file'), name);
      utimesSync(join(parent, name), seconds, seconds);
    }
    writeFileSync(join(parent, 'note'), '');
    pruneFolders(parent, 2);
    expect(readdirSync(parent).sort()).toEqual(['a', 'b', 'note']);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
