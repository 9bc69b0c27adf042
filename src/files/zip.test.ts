import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OrpoError } from '../errors.js';
import { extractZip } from './zip.js';

let folder: string;
let archive: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-zip-'));
  archive = join(folder, 'a.whl');
  target = join(folder, 'out');
  mkdirSync(target);
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Item {
  name: string | Uint8Array;
  text?: string;
  method?: number;
  flags?: number;
  crc?: number;
  size?: number;
  packed?: number;
  mode?: number;
}

function zip(items: Item[], comment = '', count = items.length): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const item of items) {
    const name = Buffer.from(item.name);
    const plain = Buffer.from(item.text ?? '');
    const method = item.method ?? 0;
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    locals.push(local, name, data);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(item.flags ?? 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(item.crc ?? crc32(plain), 16);
    central.writeUInt32LE(item.packed ?? data.length, 20);
    central.writeUInt32LE(item.size ?? plain.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(((item.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(at, 42);
    centrals.push(central, name);
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}

async function extract(bytes: Uint8Array): Promise<void> {
  writeFileSync(archive, bytes);
  await extractZip(archive, target);
}

describe('extractZip', () => {
  it('unpacks stored and deflated files, folders and empty files', async () => {
    const long = 'abc'.repeat(100_000);
    const seen: number[] = [];
    writeFileSync(
      archive,
      zip(
        [
          { name: 'a.txt', text: 'plain' },
          { name: 'dir/é.txt', text: long, method: 8 },
          { name: 'empty', text: '' },
          { name: 'only/', mode: 0o40755 },
        ],
        'a comment',
      ),
    );
    await extractZip(archive, target, ({ done }) => seen.push(done));
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('plain');
    expect(readFileSync(join(target, 'dir', 'é.txt'), 'utf8')).toBe(long);
    expect(readFileSync(join(target, 'empty'), 'utf8')).toBe('');
    expect(readdirSync(join(target, 'only'))).toEqual([]);
    expect(seen.at(-1)).toBe(300_005);
  });

  it.each<[string, Item]>([
    ['a parent', { name: '../evil' }],
    ['a parent inside', { name: 'a/../../evil' }],
    ['an absolute path', { name: '/tmp/evil' }],
    ['a backslash', { name: 'a\\..\\evil' }],
    ['a drive', { name: 'C:evil' }],
    ['a NUL', { name: 'a\0' }],
    ['a dot', { name: './a' }],
    ['an empty part', { name: 'a//b' }],
    ['an empty name', { name: '' }],
    ['a name that is not UTF-8', { name: new Uint8Array([0xff]) }],
    ['a symbolic link', { name: 'link', text: '/etc', mode: 0o120777 }],
    ['encryption', { name: 'a', flags: 1 }],
    ['another method', { name: 'a', method: 12 }],
    ['zip64 sizes', { name: 'a', size: 0xffffffff }],
    ['data behind the end', { name: 'a', text: 'x', packed: 10_000 }],
  ])('refuses %s before it writes anything', async (_, item) => {
    await expect(extract(zip([{ name: 'first', text: 'x' }, item]))).rejects.toMatchObject({ code: 'format' });
    expect(readdirSync(target)).toEqual([]);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  it.each<[string, Item]>([
    ['a wrong checksum', { name: 'a', text: 'hello', crc: 1 }],
    ['a wrong checksum of nothing', { name: 'a', text: '', crc: 1 }],
    ['fewer bytes than said', { name: 'a', text: 'hello', size: 6 }],
    ['more bytes than said', { name: 'a', text: 'hello'.repeat(1000), method: 8, size: 4999 }],
  ])('finds %s', async (_, item) => {
    await expect(extract(zip([item]))).rejects.toMatchObject({ code: 'format' });
  });

  it('finds damaged deflate data', async () => {
    const bytes = zip([{ name: 'a', text: 'hello hello hello', method: 8 }]);
    bytes.fill(0xff, 31, 36);
    await expect(extract(bytes)).rejects.toMatchObject({ code: 'format' });
  });

  it('finds a name given twice, and a wrong count', async () => {
    await expect(extract(zip([{ name: 'a' }, { name: 'a' }]))).rejects.toThrow(/twice/);
    await expect(extract(zip([{ name: 'a' }], '', 2))).rejects.toThrow(/table of contents/);
  });

  it('finds every truncation', async () => {
    const whole = zip([{ name: 'a', text: 'hello', method: 8 }]);
    for (let length = 0; length < whole.length; length++) {
      await expect(extract(whole.subarray(0, length))).rejects.toBeInstanceOf(OrpoError);
    }
    await extract(whole);
  });
});
