import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoFolder } from './demo-folder.js';

let root: string;
let base: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orpo-demo-folder-'));
  base = join(root, 'demo');
});
afterEach(() => rmSync(root, { recursive: true }));

function makeRun(path: string, files: Readonly<Record<string, unknown>>): void {
  mkdirSync(path);
  for (const [name, value] of Object.entries(files)) writeFileSync(join(path, name), JSON.stringify(value));
}

const config = { model: 'm', training: { maxSteps: 5 } };

describe('demoFolder', () => {
  it('takes the plain name first and leaves finished runs and other folders alone', () => {
    expect(demoFolder(base)).toEqual({ path: base, resume: undefined });
    makeRun(base, { 'config.json': config, 'result.json': {} });
    makeRun(`${base}-2`, { 'notes.txt': 'mine' });
    expect(demoFolder(base)).toEqual({ path: `${base}-3`, resume: undefined });
  });

  it('goes on with an interrupted run, unless another model or another number of updates is wished for', () => {
    makeRun(base, { 'config.json': config });
    expect(demoFolder(base)).toEqual({ path: base, resume: 'm' });
    expect(demoFolder(base, { model: 'm', steps: 5 })).toEqual({ path: base, resume: 'm' });
    expect(demoFolder(base, { model: 'other' }).path).toBe(`${base}-2`);
    expect(demoFolder(base, { steps: 6 }).path).toBe(`${base}-2`);
  });
});
