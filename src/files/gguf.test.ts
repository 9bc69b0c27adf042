import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { readGguf } from './gguf.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-gguf-'));
  path = join(folder, 'x.gguf');
});
afterAll(() => rmSync(folder, { recursive: true }));

const u8 = (value: number) => Buffer.from([value]);
const u32 = (value: number) => Buffer.from(new Uint32Array([value]).buffer);
const u64 = (value: number | bigint) => Buffer.from(new BigUint64Array([BigInt(value)]).buffer);
const text = (value: string | Uint8Array) => Buffer.concat([u64(Buffer.from(value).length), Buffer.from(value)]);
const entry = (key: string, type: number, value: Uint8Array) => Buffer.concat([text(key), u32(type), value]);
const list = (type: number, count: number | bigint, ...values: Uint8Array[]) =>
  Buffer.concat([u32(type), u64(count), ...values]);
const tensor = (name: string, dimensions: (number | bigint)[], type: number, offset: number | bigint) =>
  Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset)]);

interface Parts {
  magic?: string;
  version?: number;
  metadata?: Buffer[];
  tensors?: Buffer[];
  tensorCount?: number | bigint;
  metadataCount?: number | bigint;
  alignment?: number;
  data?: number;
}

function file(parts: Parts): Buffer {
  const { metadata = [], tensors = [], alignment = 32, data = 0 } = parts;
  const header = Buffer.concat([
    Buffer.from(parts.magic ?? 'GGUF'),
    u32(parts.version ?? 3),
    u64(parts.tensorCount ?? tensors.length),
    u64(parts.metadataCount ?? metadata.length),
    ...metadata,
    ...tensors,
  ]);
  const padding = (alignment - (header.length % alignment)) % alignment;
  return Buffer.concat([header, Buffer.alloc(padding), Uint8Array.from({ length: data }, (_, i) => i)]);
}

function read(bytes: Uint8Array): ReturnType<typeof readGguf> {
  writeFileSync(path, bytes);
  return readGguf(path);
}

function fault(bytes: Uint8Array): string | undefined {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof OrpoError) || error.code !== 'format') throw error;
    expect(error.message).toContain(path);
    return error.message;
  }
  return undefined;
}

const sample = () =>
  file({
    metadata: [
      entry('u8', 0, u8(255)),
      entry('i8', 1, u8(255)),
      entry('u16', 2, Buffer.from([255, 255])),
      entry('i16', 3, Buffer.from([255, 255])),
      entry('u32', 4, u32(0xffffffff)),
      entry('i32', 5, u32(0xffffffff)),
      entry('f32', 6, Buffer.from(new Float32Array([1.5]).buffer)),
      entry('bool', 7, u8(1)),
      entry('string', 8, text('héllo')),
      entry('u64', 10, u64(2n ** 53n - 1n)),
      entry('big', 10, u64(2n ** 64n - 1n)),
      entry('i64', 11, u64(2n ** 64n - 5n)),
      entry('f64', 12, Buffer.from(new Float64Array([0.1]).buffer)),
      entry('list', 9, list(8, 2, text('a'), text(''))),
      entry('nested', 9, list(9, 2, list(0, 2, u8(1), u8(2)), list(4, 0))),
      entry('__proto__', 7, u8(0)),
    ],
    tensors: [tensor('w', [4, 2], 0, 0), tensor('q', [32], 8, 32), tensor('s', [], 1, 96)],
    data: 98,
  });

describe('readGguf', () => {
  it('reads every kind of metadata', () => {
    expect([...read(sample()).metadata]).toEqual([
      ['u8', 255],
      ['i8', -1],
      ['u16', 65535],
      ['i16', -1],
      ['u32', 0xffffffff],
      ['i32', -1],
      ['f32', 1.5],
      ['bool', true],
      ['string', 'héllo'],
      ['u64', 2 ** 53 - 1],
      ['big', 2n ** 64n - 1n],
      ['i64', -5],
      ['f64', 0.1],
      ['list', ['a', '']],
      ['nested', [[1, 2], []]],
      ['__proto__', false],
    ]);
  });

  it('gives row-major shapes, absolute offsets and lengths', () => {
    const bytes = sample();
    const start = bytes.length - 98;
    const found = read(bytes);
    expect([...found.tensors.values()]).toEqual([
      { name: 'w', type: 'F32', shape: [2, 4], offset: start, length: 32 },
      { name: 'q', type: 'Q8_0', shape: [32], offset: start + 32, length: 34 },
      { name: 's', type: 'F16', shape: [], offset: start + 96, length: 2 },
    ]);
  });

  it('reads version 2 and another alignment', () => {
    const bytes = file({
      version: 2,
      alignment: 64,
      metadata: [entry('general.alignment', 4, u32(64))],
      tensors: [tensor('w', [1], 0, 0), tensor('v', [1], 0, 64)],
      data: 68,
    });
    expect([...read(bytes).tensors.values()].map((t) => t.offset % 64)).toEqual([0, 0]);
  });

  it('reads long metadata through its window', () => {
    const words = Array.from({ length: 300_000 }, (_, i) => text(`token ${i}`));
    const long = 'y'.repeat(3_000_000);
    const bytes = file({
      metadata: [entry('a', 9, list(8, words.length, Buffer.concat(words))), entry('b', 8, text(long))],
    });
    const { metadata } = read(bytes);
    expect(metadata.get('a')).toEqual(Array.from({ length: 300_000 }, (_, i) => `token ${i}`));
    expect(metadata.get('b')).toBe(long);
  });

  it.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /does not begin with "GGUF"/],
    ['another magic', file({ magic: 'GGML' }), /does not begin with "GGUF"/],
    ['version 1', file({ version: 1 }), /version 1/],
    ['version 4', file({ version: 4 }), /version 4/],
    ['a big-endian file', file({ version: 0x03000000 }), /big-endian/],
    ['more tensors than fit', file({ tensorCount: 2n ** 63n }), /of the tensors, more than/],
    ['more metadata than fits', file({ metadataCount: 1000 }), /of the metadata, more than/],
    [
      'a key longer than the file',
      file({ metadata: [Buffer.concat([u64(2n ** 40n), u32(0)])] }),
      /a metadata key, more than/,
    ],
    [
      'a key that is not UTF-8',
      file({ metadata: [Buffer.concat([text(Buffer.from([0xff])), u32(0), u8(0)])] }),
      /not UTF-8/,
    ],
    ['a value that is not UTF-8', file({ metadata: [entry('k', 8, text(Buffer.from([0xc3])))] }), /k is not UTF-8/],
    ['a key twice', file({ metadata: [entry('k', 0, u8(0)), entry('k', 0, u8(0))] }), /"k" is given twice/],
    ['a value of unknown type', file({ metadata: [entry('k', 13, u8(0))] }), /unknown type 13/],
    ['a list of unknown type', file({ metadata: [entry('k', 9, list(99, 0))] }), /unknown type 99/],
    ['a truth value of 2', file({ metadata: [entry('k', 7, u8(2))] }), /neither true nor false/],
    ['a list longer than the file', file({ metadata: [entry('k', 9, list(0, 2n ** 60n))] }), /of k, more than/],
    [
      'lists nested too deep',
      file({ metadata: [entry('k', 9, Buffer.concat(Array(99).fill(list(9, 1))))] }),
      /too deep/,
    ],
    ['an alignment of 0', file({ metadata: [entry('general.alignment', 4, u32(0))] }), /not a power of two/],
    ['an alignment of 48', file({ metadata: [entry('general.alignment', 4, u32(48))] }), /not a power of two/],
    ['an alignment in words', file({ metadata: [entry('general.alignment', 8, text('32'))] }), /not a power of two/],
    ['a part of a model', file({ metadata: [entry('split.count', 2, Buffer.from([3, 0]))] }), /one of 3 parts/],
    ['9 dimensions', file({ tensors: [tensor('w', Array(9).fill(1), 0, 0)], data: 4 }), /9 dimensions/],
    [
      '2^32 - 1 dimensions',
      file({ tensors: [Buffer.concat([text('w'), u32(0xffffffff), u64(0), u64(0)])] }),
      /dimensions/,
    ],
    ['a dimension of 2^64 - 1', file({ tensors: [tensor('w', [2n ** 64n - 1n], 0, 0)], data: 4 }), /dimension of/],
    ['a product above 2^53', file({ tensors: [tensor('w', [2n ** 30n, 2n ** 30n], 0, 0)], data: 4 }), /2\^53/],
    ['a broken block', file({ tensors: [tensor('w', [31, 32], 8, 0)], data: 64 }), /rows of 31/],
    ['an unknown tensor type', file({ tensors: [tensor('w', [32], 77, 0)], data: 64 }), /"w".*unknown \(number 77\)/],
    ['a removed tensor type', file({ tensors: [tensor('w', [32], 4, 0)], data: 64 }), /unknown \(number 4\)/],
    ['a tensor type of others', file({ tensors: [tensor('w', [256], 16, 0)], data: 66 }), /"w".*IQ2_XXS \(number 16\)/],
    ['an offset of 2^64 - 32', file({ tensors: [tensor('w', [1], 0, 2n ** 64n - 32n)], data: 4 }), /begins at/],
    ['an offset off the alignment', file({ tensors: [tensor('w', [1], 0, 4)], data: 64 }), /alignment 32/],
    ['a tensor behind the end', file({ tensors: [tensor('w', [1], 0, 32)], data: 32 }), /behind the end/],
    ['a tensor over the end', file({ tensors: [tensor('w', [9], 0, 0)], data: 35 }), /behind the end/],
    ['a tensor twice', file({ tensors: [tensor('w', [1], 0, 0), tensor('w', [1], 0, 32)], data: 36 }), /given twice/],
    [
      'tensors over one another',
      file({ tensors: [tensor('w', [9], 0, 0), tensor('v', [1], 0, 32)], data: 64 }),
      /lies over/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(fault(bytes)).toMatch(message);
  });

  it('accepts the limits that the refusals stand beside', () => {
    expect(fault(file({}))).toBeUndefined();
    expect(fault(file({ tensors: [tensor('w', [9], 0, 0)], data: 36 }))).toBeUndefined();
    expect(fault(file({ tensors: [tensor('w', [8], 0, 0), tensor('v', [1], 0, 32)], data: 36 }))).toBeUndefined();
    expect(fault(file({ tensors: [tensor('w', [0], 0, 0)] }))).toBeUndefined();
    expect(fault(file({ metadata: [entry('split.count', 2, Buffer.from([1, 0]))] }))).toBeUndefined();
    const nested = Buffer.concat([...Array(7).fill(list(9, 1)), list(0, 1), u8(5)]);
    expect(fault(file({ metadata: [entry('k', 9, nested)] }))).toBeUndefined();
  });

  it('finds every truncation', () => {
    const whole = sample();
    for (let length = 0; length < whole.length; length++) {
      expect(fault(whole.subarray(0, length)), `${length} bytes`).toBeDefined();
    }
    expect(fault(whole)).toBeUndefined();
  });

  it('never crashes on damage', () => {
    const whole = sample();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const copy = Buffer.from(whole);
          for (const [at, byte] of changes) copy[at] = byte;
          if (fault(copy) !== undefined) return;
          for (const { offset, length } of readGguf(path).tensors.values())
            expect(offset + length).toBeLessThanOrEqual(whole.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
