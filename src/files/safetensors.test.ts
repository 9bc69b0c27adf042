import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OrpoError } from '../errors.js';
import { readSafetensors, type TensorBytes, writeSafetensors } from './safetensors.js';
import { DTYPE_BYTES, type StoredDtype } from './weights.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-safetensors-'));
  path = join(folder, 'x.safetensors');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with this header text and so many bytes of data; `length` overrides the stated header length. */
function file(header: string | Uint8Array, data = 0, length?: bigint): Buffer {
  const json = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.byteLength));
  return Buffer.concat([prefix, json, Buffer.alloc(data)]);
}

function read(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  writeFileSync(path, bytes);
  return readSafetensors(path);
}

/** The rule that the error names. */
function brokenRule(bytes: Uint8Array): string | undefined {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof OrpoError) || error.code !== 'format') throw error;
    expect(error.message).toContain(path);
    return /rule "([a-z0-9-]+)"/.exec(error.message)?.[1];
  }
  return undefined;
}

const u8 = (begin: number, end: number) => `{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;
const one = (fields: string) => `{"a":{${fields}}}`;
const TWO_53 = '9007199254740992';

const ACCEPTED: [string, Buffer][] = [
  ['no tensors', file('{}')],
  ['padding with spaces', file('{}      ')],
  ['space inside the JSON', file(`{ "a" :\t{"dtype":"U8",\n"shape":[ 1 ],"data_offsets":[0 , 1]}\r}`, 1)],
  ['rank 0', file(one('"dtype":"F32","shape":[],"data_offsets":[0,4]'), 4)],
  ['an empty tensor', file(one('"dtype":"F32","shape":[0],"data_offsets":[0,0]'))],
  [
    'an empty tensor with a huge extent after the zero',
    file(one('"dtype":"F32","shape":[0,9007199254740991],"data_offsets":[0,0]')),
  ],
  ['an empty tensor where another begins', file(`{"a":${u8(0, 4)},"b":${u8(0, 0)}}`, 4)],
  ['an empty tensor at the end', file(`{"b":${u8(4, 4)},"a":${u8(0, 4)}}`, 4)],
  ['entries in any order', file(`{"b":${u8(4, 6)},"a":${u8(0, 4)}}`, 6)],
  ['metadata', file('{"__metadata__":{"format":"pt","":"x"}}')],
  ['empty metadata', file('{"__metadata__":{}}')],
  [
    'a field the specification does not name',
    file(one('"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":[null,true,-1.5e3]'), 1),
  ],
  ['escapes in names', file(`{"\\u00e9\\n\\ud83d\\ude00":${u8(0, 1)}}`, 1)],
  ['an empty name', file(`{"":${u8(0, 1)}}`, 1)],
  ['names that only differ in their normal form', file(`{"\u00e9":${u8(0, 1)},"e\u0301":${u8(1, 2)}}`, 2)],
  ['every dtype', everyDtype()],
];

function everyDtype(): Buffer {
  let at = 0;
  const entries = Object.entries(DTYPE_BYTES).map(([dtype, bytes]) => {
    at += bytes;
    return `"${dtype}":{"dtype":"${dtype}","shape":[1],"data_offsets":[${at - bytes},${at}]}`;
  });
  return file(`{${entries.join(',')}}`, at);
}

const REFUSED: [string, string, Buffer][] = [
  ['file-size', 'an empty file', Buffer.alloc(0)],
  ['file-size', '7 bytes', Buffer.alloc(7)],
  ['opening-brace', '8 bytes', Buffer.alloc(8)],
  ['header-size', 'a header longer than the file by one byte', file('{}', 0, 3n)],
  ['header-size', 'a header of 2^64 - 1 bytes', file('{}', 0, 0xffffffffffffffffn)],
  ['header-size', 'a header of 2^63 bytes', file('{}', 0, 1n << 63n)],
  ['header-size', 'a header above the limit', file('{}', 0, 100_000_001n)],
  ['opening-brace', 'a list', file('[]')],
  ['opening-brace', 'a space first', file(' {}')],
  ['opening-brace', 'a byte order mark first', file('\ufeff{}')],
  ['padding', 'padding with a line break', file('{}\n')],
  ['padding', 'padding with a tab before spaces', file('{}\t   ')],
  ['json', 'padding with NUL', file('{}\0')],
  ['json', 'no closing brace', file('{"a":1')],
  ['json', 'a trailing comma', file('{"__metadata__":{"a":"b"},}')],
  ['json', 'two values', file('{}{}')],
  ['json', 'single quotes', file("{'a':1}")],
  ['json', 'a comment', file('{/**/}')],
  ['json', 'a raw control character in a name', file(`{"a\u0001":${u8(0, 1)}}`, 1)],
  ['json', 'half a surrogate pair', file(`{"\\ud800":${u8(0, 1)}}`, 1)],
  ['json', 'a bad escape', file(`{"\\x41":${u8(0, 1)}}`, 1)],
  ['json', 'a number with a leading zero', file(one('"dtype":"U8","shape":[01],"data_offsets":[0,1]'), 1)],
  ['json', 'NaN', file(one('"dtype":"U8","shape":[NaN],"data_offsets":[0,1]'), 1)],
  ['depth', 'deep nesting', file(`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`)],
  ['utf-8', 'a byte that is not UTF-8', file(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ['utf-8', 'an encoded surrogate', file(Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]))],
  ['utf-8', 'an overlong encoding', file(Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]))],
  ['duplicate-key', 'a tensor twice', file(`{"a":${u8(0, 1)},"a":${u8(0, 1)}}`, 1)],
  ['duplicate-key', 'a tensor twice, once escaped', file(`{"a":${u8(0, 1)},"\\u0061":${u8(0, 1)}}`, 1)],
  ['duplicate-key', 'a field twice', file(one('"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]'), 1)],
  ['duplicate-key', 'metadata twice', file('{"__metadata__":{},"__metadata__":{}}')],
  ['duplicate-key', 'a metadata key twice', file('{"__metadata__":{"a":"1","a":"2"}}')],
  ['metadata', 'a number in the metadata', file('{"__metadata__":{"a":1}}')],
  ['metadata', 'an object in the metadata', file('{"__metadata__":{"a":{}}}')],
  ['metadata', 'metadata as text', file('{"__metadata__":"a"}')],
  ['metadata', 'metadata as null', file('{"__metadata__":null}')],
  ['entry', 'a tensor as text', file('{"a":"b"}')],
  ['entry', 'a tensor as a list', file('{"a":[]}')],
  ['dtype', 'no dtype', file(one('"shape":[1],"data_offsets":[0,1]'), 1)],
  ['dtype', 'an unknown dtype', file(one('"dtype":"F33","shape":[1],"data_offsets":[0,1]'), 1)],
  ['dtype', 'a dtype in small letters', file(one('"dtype":"u8","shape":[1],"data_offsets":[0,1]'), 1)],
  ['dtype', 'a dtype of another program', file(one('"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]'), 1)],
  ['dtype', 'a dtype that every object has', file(one('"dtype":"toString","shape":[1],"data_offsets":[0,1]'), 1)],
  ['shape', 'no shape', file(one('"dtype":"U8","data_offsets":[0,1]'), 1)],
  ['shape', 'a shape that is a number', file(one('"dtype":"U8","shape":1,"data_offsets":[0,1]'), 1)],
  ['shape', 'a negative extent', file(one('"dtype":"U8","shape":[-1],"data_offsets":[0,1]'), 1)],
  ['shape', 'minus zero', file(one('"dtype":"U8","shape":[-0],"data_offsets":[0,0]'))],
  ['shape', 'a fraction', file(one('"dtype":"U8","shape":[1.0],"data_offsets":[0,1]'), 1)],
  ['shape', 'an exponent', file(one('"dtype":"U8","shape":[1e0],"data_offsets":[0,1]'), 1)],
  ['shape', 'an extent of 2^53', file(one(`"dtype":"U8","shape":[${TWO_53}],"data_offsets":[0,1]`), 1)],
  ['shape', 'an extent as text', file(one('"dtype":"U8","shape":["1"],"data_offsets":[0,1]'), 1)],
  [
    'shape-overflow',
    'a product above 2^53',
    file(one('"dtype":"U8","shape":[94906266,94906266],"data_offsets":[0,1]'), 1),
  ],
  [
    'shape-overflow',
    'a product of 2^64',
    file(one('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]')),
  ],
  [
    'shape-overflow',
    'a size above 2^53',
    file(one('"dtype":"F64","shape":[4503599627370496],"data_offsets":[0,8]'), 8),
  ],
  ['offsets', 'no offsets', file(one('"dtype":"U8","shape":[1]'), 1)],
  ['offsets', 'one offset', file(one('"dtype":"U8","shape":[1],"data_offsets":[1]'), 1)],
  ['offsets', 'three offsets', file(one('"dtype":"U8","shape":[1],"data_offsets":[0,1,1]'), 1)],
  ['offsets', 'a negative offset', file(one('"dtype":"U8","shape":[1],"data_offsets":[-1,0]'), 1)],
  ['offsets', 'an end before the begin', file(one('"dtype":"U8","shape":[1],"data_offsets":[1,0]'), 1)],
  ['offsets', 'an offset of 2^53', file(one(`"dtype":"U8","shape":[1],"data_offsets":[${TWO_53},${TWO_53}]`), 1)],
  [
    'offsets',
    'an offset of 2^64',
    file(one('"dtype":"U8","shape":[0],"data_offsets":[18446744073709551616,18446744073709551616]')),
  ],
  ['length', 'a byte too many', file(one('"dtype":"F32","shape":[1],"data_offsets":[0,5]'), 5)],
  ['length', 'a byte too few', file(one('"dtype":"F32","shape":[1],"data_offsets":[0,3]'), 3)],
  ['length', 'bytes for an empty tensor', file(one('"dtype":"F32","shape":[0],"data_offsets":[0,4]'), 4)],
  ['overlap', 'two tensors on the same bytes', file(`{"a":${u8(0, 4)},"b":${u8(0, 4)}}`, 4)],
  ['overlap', 'one byte shared', file(`{"a":${u8(0, 4)},"b":${u8(3, 6)}}`, 6)],
  ['overlap', 'an empty tensor inside another', file(`{"a":${u8(0, 4)},"b":${u8(2, 2)}}`, 4)],
  ['hole', 'data that begins at 1', file(`{"a":${u8(1, 2)}}`, 2)],
  ['hole', 'a byte between two tensors', file(`{"a":${u8(0, 1)},"b":${u8(2, 3)}}`, 3)],
  ['end', 'a byte after the data', file(`{"a":${u8(0, 1)}}`, 2)],
  ['end', 'a byte of data missing', file(`{"a":${u8(0, 2)}}`, 1)],
  ['end', 'data without tensors', file('{}', 1)],
];

describe('readSafetensors', () => {
  it.each(ACCEPTED)('accepts %s', (_, bytes) => {
    expect(brokenRule(bytes)).toBeUndefined();
  });

  it.each(REFUSED)('names the rule "%s" for %s', (rule, _, bytes) => {
    expect(brokenRule(bytes)).toBe(rule);
  });

  it('gives absolute offsets, in the order of the bytes', () => {
    const header = `{"b":${u8(4, 6)},"a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}`;
    const { tensors, metadata } = read(file(header, 6));
    const start = 8 + header.length;
    expect([...tensors.values()]).toEqual([
      { name: 'a', dtype: 'F16', shape: [2, 1], file: path, offset: start, length: 4 },
      { name: 'b', dtype: 'U8', shape: [2], file: path, offset: start + 4, length: 2 },
    ]);
    expect([...metadata]).toEqual([['k', 'v']]);
  });

  it('treats the names of object members as names like any other', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const { tensors, metadata } = read(
      file(`{"__metadata__":{"__proto__":"x"},${names.map((name, i) => `"${name}":${u8(i, i + 1)}`).join(',')}}`, 4),
    );
    expect([...tensors.keys()]).toEqual(names);
    expect(metadata.get('__proto__')).toBe('x');
    expect(Object.hasOwn(Object.prototype, 'dtype')).toBe(false);
  });

  it('accepts a header of exactly the largest size and refuses one byte more', () => {
    const limit = 100_000_000;
    const header = Buffer.alloc(limit + 1, 0x20);
    header.write('{}');
    expect(brokenRule(file(header.subarray(0, limit)))).toBeUndefined();
    expect(brokenRule(file(header))).toBe('header-size');
    rmSync(path);
  });

  it('finds every truncation of a file', () => {
    const whole = sample();
    for (let length = 0; length < whole.length; length++) {
      expect(brokenRule(whole.subarray(0, length)), `${length} bytes`).toBeDefined();
    }
    expect(brokenRule(whole)).toBeUndefined();
    expect(brokenRule(Buffer.concat([whole, Buffer.alloc(1)]))).toBe('end');
  });

  it('never crashes on a flipped bit of the header: a named rule, or a layout that is still sound', () => {
    const whole = sample();
    const headerEnd = 8 + Number(whole.readBigUInt64LE());
    let refused = 0;
    for (let bit = 0; bit < headerEnd * 8; bit++) {
      const copy = Buffer.from(whole);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (brokenRule(copy) !== undefined) refused++;
      else expectSound(copy);
    }
    expect(refused).toBeGreaterThan(headerEnd * 3);
  });

  it('never crashes on random headers', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '"a":',
      '"',
      '[',
      ']',
      ',',
      ':',
      '0',
      '8',
      '"dtype":"F32"',
      '"shape":[2]',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), fc.nat(16), (parts, data) => {
        const bytes = file(`{${parts.join('')}`, data);
        if (brokenRule(bytes) === undefined) expectSound(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is no regular file, without waiting', () => {
    expect(() => readSafetensors(folder)).toThrow(/not a regular file|is a folder/);
    const link = join(folder, 'zero');
    symlinkSync('/dev/zero', link);
    expect(() => readSafetensors(link)).toThrow(/not a regular file/);
    expect(() => readSafetensors(join(folder, 'missing'))).toThrow(/does not exist/);
  });
});

describe('writeSafetensors', () => {
  const tensor = (name: string, dtype: StoredDtype, shape: number[], bytes: Uint8Array): TensorBytes => ({
    name,
    dtype,
    shape,
    bytes: () => bytes,
  });

  it('gives back any tensors bit for bit, aligned, and the same bytes for any order', () => {
    const dtype = fc.constantFrom<StoredDtype>('F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL');
    const entry = fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 12 }),
      dtype,
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
      fill: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 8 }), (entries) => {
        const tensors = entries.map((e) => {
          const count = e.shape.reduce((a, b) => a * b, DTYPE_BYTES[e.dtype]);
          return tensor(
            e.name,
            e.dtype,
            e.shape,
            new Uint8Array(count).map((_, i) => e.fill + i),
          );
        });
        writeSafetensors(path, tensors, { b: '2', a: 'x"\\\u0000' });
        const first = readFileSync(path);
        const back = readSafetensors(path);
        expect([...back.metadata]).toEqual([
          ['a', 'x"\\\u0000'],
          ['b', '2'],
        ]);
        expect(back.tensors.size).toBe(tensors.length);
        for (const expected of tensors) {
          const found = back.tensors.get(expected.name);
          if (found === undefined) throw new Error(`lost ${expected.name}`);
          expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape]);
          expect(found.offset % DTYPE_BYTES[found.dtype]).toBe(0);
          expect(first.subarray(found.offset, found.offset + found.length).equals(expected.bytes())).toBe(true);
        }
        writeSafetensors(path, tensors.toReversed(), { a: 'x"\\\u0000', b: '2' });
        expect(readFileSync(path).equals(first)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('writes the layout of the reference writer', () => {
    const dtypes: StoredDtype[] = ['BOOL', 'U8', 'I8', 'I16', 'F16', 'BF16', 'I32', 'F32', 'F64', 'I64'];
    writeSafetensors(
      path,
      dtypes.map((dtype) => tensor(`t${dtype}`, dtype, [1], new Uint8Array(DTYPE_BYTES[dtype]))),
    );
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(Object.keys(JSON.parse(bytes.toString('utf8', 8, 8 + length)))).toEqual([
      'tI64',
      'tF64',
      'tF32',
      'tI32',
      'tBF16',
      'tF16',
      'tI16',
      'tI8',
      'tU8',
      'tBOOL',
    ]);
  });

  it('asks for each tensor once, and only when its turn comes', () => {
    const asked: string[] = [];
    const late = (name: string): TensorBytes => ({
      name,
      dtype: 'U8',
      shape: [1],
      bytes: () => {
        asked.push(name);
        return new Uint8Array(1);
      },
    });
    writeSafetensors(path, [late('b'), late('a')]);
    expect(asked).toEqual(['a', 'b']);
  });

  it.each([
    [
      'a name twice',
      [tensor('a', 'U8', [1], new Uint8Array(1)), tensor('a', 'U8', [1], new Uint8Array(1))],
      /is taken/,
    ],
    ['the reserved name', [tensor('__metadata__', 'U8', [1], new Uint8Array(1))], /is taken/],
    ['too few bytes', [tensor('a', 'F32', [1], new Uint8Array(3))], /3 bytes instead of 4/],
    ['a negative extent', [tensor('a', 'F32', [-1, -1], new Uint8Array(4))], /shape \[-1, -1\]/],
    ['half a surrogate pair', [tensor('\ud800', 'U8', [1], new Uint8Array(1))], /surrogate/],
  ])('refuses %s and leaves the old file and nothing else', (_, tensors, message) => {
    const place = mkdtempSync(join(folder, 'keep-'));
    const target = join(place, 'a.safetensors');
    writeFileSync(target, 'old');
    expect(() => writeSafetensors(target, tensors)).toThrow(message);
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(place)).toEqual(['a.safetensors']);
  });

  it('reports a folder that does not exist as a disk error with the path', () => {
    const target = join(folder, 'none', 'a.safetensors');
    expect(() => writeSafetensors(target, [])).toThrow(expect.objectContaining({ code: 'disk' }));
    expect(() => writeSafetensors(target, [])).toThrow(target);
  });
});

const golden = resolve(
  process.env.GOLDEN_DIR ?? join(dirname(fileURLToPath(import.meta.url)), '../../../shared/golden'),
);
describe.skipIf(!existsSync(golden))(`with the golden files of ${golden}`, () => {
  it.each(['llama', 'gpt2', 'qwen3'])('writes %s again byte for byte', (model) => {
    const source = join(golden, 'models', model, 'model.safetensors');
    const bytes = readFileSync(source);
    const { tensors, metadata } = readSafetensors(source);
    expect(tensors.size).toBeGreaterThan(10);
    const copies = [...tensors.values()].map((t) =>
      tensor(t.name, t.dtype, [...t.shape], bytes.subarray(t.offset, t.offset + t.length)),
    );
    writeSafetensors(path, copies, Object.fromEntries(metadata));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  const tensor = (name: string, dtype: StoredDtype, shape: number[], bytes: Uint8Array): TensorBytes => ({
    name,
    dtype,
    shape,
    bytes: () => bytes,
  });
});

function sample(): Buffer {
  const header =
    '{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},' +
    '"b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]}}  ';
  return file(header, 28);
}

/** An accepted file must have its tensors side by side, filling the data. */
function expectSound(bytes: Buffer): void {
  let end = 8 + Number(bytes.readBigUInt64LE());
  for (const tensor of read(bytes).tensors.values()) {
    expect(tensor.offset).toBe(end);
    end += tensor.length;
  }
  expect(end).toBe(bytes.length);
}
