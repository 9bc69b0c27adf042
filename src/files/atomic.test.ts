import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OrpoError } from '../errors.js';
import { removeFolder, stageFolder, sweepStaging, verifyFolder, writeAtomically, writeFileAtomic } from './atomic.js';
import { writeSafetensors } from './safetensors.js';

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-atomic-'));
  target = join(folder, 'step-1');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fill = (text: string) => (staging: string) => {
  writeFileSync(join(staging, 'a.txt'), text);
  mkdirSync(join(staging, 'inner'));
  writeFileSync(join(staging, 'inner', 'b.bin'), Buffer.alloc(9_000_001, text));
};

/** Writing to this device always fails for want of space. */
const fillFull = (staging: string) => {
  writeFileSync(join(staging, 'a.txt'), 'half');
  writeFileSync('/dev/full', 'x');
};

describe('writeFileAtomic', () => {
  it('writes text and bytes, over an old file too', () => {
    const path = join(folder, 'a');
    writeFileAtomic(path, 'é');
    expect(readFileSync(path)).toEqual(Buffer.from('é'));
    writeFileAtomic(path, new Uint8Array([0, 255]));
    expect(readFileSync(path)).toEqual(Buffer.from([0, 255]));
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('keeps the old file and leaves nothing when writing fails', () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'old');
    const write = () =>
      writeAtomically(path, () => {
        writeFileSync('/dev/full', 'x');
      });
    expect(write).toThrow(expect.objectContaining({ code: 'disk', exitCode: 1 }));
    expect(write).toThrow(
      /Cannot write .*\/a: no space is left on the device \(ENOSPC\); the previous file is intact\./,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('does not disturb whoever has the old file open', () => {
    const path = join(folder, 'a');
    writeFileAtomic(path, 'old');
    const before = statSync(path).ino;
    writeFileAtomic(path, 'new');
    expect(statSync(path).ino).not.toBe(before);
  });

  it('cannot replace a folder', () => {
    mkdirSync(target);
    expect(() => writeFileAtomic(target, 'x')).toThrow(expect.objectContaining({ code: 'disk' }));
    expect(readdirSync(folder)).toEqual(['step-1']);
  });
});

describe('stageFolder', () => {
  it('writes a folder that verifies, with what the caller adds', () => {
    stageFolder(target, fill('x'), { step: 7, torch: '2.13' });
    expect(readdirSync(folder)).toEqual(['step-1']);
    const manifest = verifyFolder(target);
    expect(manifest).toMatchObject({ format: 1, step: 7, torch: '2.13' });
    expect(manifest.files['a.txt']).toEqual({
      bytes: 1,
      sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    });
    const sum = execFileSync('sha256sum', [join(target, 'inner', 'b.bin')], { encoding: 'utf8' }).slice(0, 64);
    expect(manifest.files['inner/b.bin']).toEqual({ bytes: 9_000_001, sha256: sum });
  });

  it('makes the parent folders', () => {
    stageFolder(join(folder, 'x', 'y', 'z'), fill('x'));
    expect(existsSync(join(folder, 'x', 'y', 'z', 'manifest.json'))).toBe(true);
  });

  it('replaces an old folder as a whole', () => {
    stageFolder(target, (staging) => writeFileSync(join(staging, 'old.txt'), 'old'));
    stageFolder(target, fill('new'));
    expect(readdirSync(folder)).toEqual(['step-1']);
    expect(readdirSync(target).sort()).toEqual(['a.txt', 'inner', 'manifest.json']);
    verifyFolder(target);
  });

  it.each<[string, (staging: string) => void]>([
    ['no space is left', fillFull],
    [
      'no space is left',
      (staging) => writeAtomically(join(staging, 'model.txt'), () => writeFileSync('/dev/full', 'x')),
    ],
    [
      'boom',
      () => {
        throw new Error('boom');
      },
    ],
  ])('keeps the old folder when filling fails: %s', (reason, failing) => {
    stageFolder(target, fill('old'));
    const before = readFileSync(join(target, 'manifest.json'), 'utf8');
    let error: unknown;
    try {
      stageFolder(target, failing);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(OrpoError);
    expect(error).toMatchObject({ code: 'disk' });
    const message = error instanceof Error ? error.message : '';
    expect(message).toContain(`Cannot save ${target}: ${reason}`);
    expect(message).toContain('the previous one is intact');
    expect(readdirSync(folder)).toEqual(['step-1']);
    expect(readFileSync(join(target, 'manifest.json'), 'utf8')).toBe(before);
    verifyFolder(target);
  });

  it('leaves nothing when the first save fails, and promises nothing', () => {
    expect(() => stageFolder(target, fillFull)).toThrow(/ENOSPC\)\.$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets an error of another kind through', () => {
    const failing = () => {
      throw new OrpoError('numeric', 'The weights hold NaN.', 'Lower the learning rate.');
    };
    expect(() => stageFolder(target, failing)).toThrow(expect.objectContaining({ code: 'numeric' }));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the system error as the cause when a writer inside fails', () => {
    const failing = (staging: string) => writeSafetensors(join(staging, 'gone', 'a.safetensors'), []);
    try {
      stageFolder(target, failing);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'disk', cause: { code: 'ENOENT' } });
    }
  });

  it('refuses a manifest from elsewhere', () => {
    expect(() => stageFolder(target, (staging) => writeFileSync(join(staging, 'manifest.json'), '{}'))).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
    expect(() => stageFolder(target, fill('x'), { files: {} })).toThrow(expect.objectContaining({ code: 'internal' }));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('verifyFolder', () => {
  const manifest = () => join(target, 'manifest.json');

  it.each<[string, RegExp, () => void]>([
    ['a changed byte', /the content of a\.txt/, () => writeFileSync(join(target, 'a.txt'), 'y')],
    [
      'a shorter file',
      /inner\/b\.bin has 3 bytes, and 9000001/,
      () => writeFileSync(join(target, 'inner', 'b.bin'), 'xxx'),
    ],
    ['a missing file', /a\.txt is missing/, () => unlinkSync(join(target, 'a.txt'))],
    ['another file', /c\.txt was added/, () => writeFileSync(join(target, 'c.txt'), '')],
    ['a renamed file', /a\.txt is missing/, () => renameSync(join(target, 'a.txt'), join(target, 'c.txt'))],
    ['a torn manifest', /not JSON/, () => writeFileSync(manifest(), readFileSync(manifest()).subarray(0, 40))],
    ['an empty manifest', /not a manifest/, () => writeFileSync(manifest(), '{}')],
    [
      'a later format',
      /not a manifest of format 1 \(at format\)/,
      () => writeFileSync(manifest(), '{"format":2,"files":{}}'),
    ],
    [
      'a path out of the folder',
      /\.\.\/x is missing/,
      () => {
        writeFileSync(join(folder, 'x'), '');
        const files = {
          '../x': { bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
        };
        writeFileSync(manifest(), JSON.stringify({ format: 1, files }));
      },
    ],
  ])('finds %s', (_, message, damage) => {
    stageFolder(target, fill('x'));
    verifyFolder(target);
    damage();
    expect(() => verifyFolder(target)).toThrow(expect.objectContaining({ code: 'format' }));
    expect(() => verifyFolder(target)).toThrow(message);
  });

  it('finds every flipped byte of a file', () => {
    stageFolder(target, (staging) => writeFileSync(join(staging, 'a'), Buffer.alloc(64, 1)));
    for (let i = 0; i < 64; i++) {
      const bytes = Buffer.alloc(64, 1);
      bytes[i] = 3;
      writeFileSync(join(target, 'a'), bytes);
      expect(() => verifyFolder(target)).toThrow(/the content of a is/);
    }
  });

  it('says that a folder without a manifest has none', () => {
    mkdirSync(target);
    expect(() => verifyFolder(target)).toThrow(/manifest\.json does not exist/);
  });
});

describe('removeFolder', () => {
  it('removes a folder with all that is in it', () => {
    stageFolder(target, fill('x'));
    removeFolder(target);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the path that it cannot remove', () => {
    expect(() => removeFolder(target)).toThrow(expect.objectContaining({ code: 'disk' }));
    expect(() => removeFolder(target)).toThrow(`Cannot remove ${target}`);
  });
});

describe('sweepStaging', () => {
  it('removes what a killed save left and nothing else', () => {
    stageFolder(target, fill('x'));
    mkdirSync(join(folder, '.staging-0123456789ab-step-2', 'inner'), { recursive: true });
    writeFileSync(join(folder, '.staging-0123456789ab'), 'half');
    writeFileSync(join(folder, '.other'), '');
    mkdirSync(join(folder, '.replaced-0123456789ab-step-1'));
    expect(sweepStaging(folder)).toEqual([
      '.replaced-0123456789ab-step-1',
      '.staging-0123456789ab',
      '.staging-0123456789ab-step-2',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['.other', 'step-1']);
    verifyFolder(target);
    expect(sweepStaging(join(folder, 'none'))).toEqual([]);
  });

  it('puts back the old folder when its successor never arrived', () => {
    stageFolder(target, fill('x'));
    renameSync(target, join(folder, '.replaced-0123456789ab-step-1'));
    expect(sweepStaging(folder)).toEqual([]);
    verifyFolder(target);
  });
});
