import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type BlockType,
  GGUF_BLOCKS,
  type GgufType,
  isGgufType,
  isPlainType,
  type PlainType,
} from '../files/gguf-types.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { dequantise, fromTypedArray, memory, scope, toFloat32Array, toNumbers } from '../torch/index.js';
import { GgufSource } from './gguf-source.js';
import { ModelConfig } from './model-config.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const PLAIN: readonly PlainType[] = ['F32', 'F16', 'BF16'];
const ROWS = 8;
const COLUMNS = 6;

/** The whole numbers from 0 on, which all three formats hold exactly. */
function wholeNumbers(type: PlainType): Buffer {
  const bits = {
    F32: (n: number) => floatBits(n),
    F16: (n: number) => halfBits(n),
    BF16: (n: number) => floatBits(n) >>> 16,
  };
  const size = type === 'F32' ? 4 : 2;
  const bytes = Buffer.alloc(ROWS * COLUMNS * size);
  for (let n = 0; n < ROWS * COLUMNS; n++) bytes.writeUIntLE(bits[type](n), n * size, size);
  return bytes;
}

function floatBits(n: number): number {
  return new Uint32Array(new Float32Array([n]).buffer)[0] ?? 0;
}

/** Of a whole number up to 2,048. */
function halfBits(n: number): number {
  if (n === 0) return 0;
  const exponent = Math.floor(Math.log2(n));
  return ((exponent + 15) << 10) | ((n / 2 ** exponent - 1) * 1024);
}

/** A source of one tensor, whose file is written over with zeros before `body` looks at what was taken. */
function taken<T>(
  {
    name,
    stored,
    type,
    shape,
    bytes,
  }: { name: string; stored: string; type: GgufType; shape: number[]; bytes: Buffer },
  dtype: 'float32' | 'bfloat16',
  body: (parameter: ReturnType<GgufSource['take']>) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-gguf-'));
  try {
    const path = join(folder, 'weights.gguf');
    writeFileSync(path, bytes);
    const tensors = new Map([[stored, { name: stored, type, shape, offset: 0, length: bytes.length }]]);
    const config = new ModelConfig({ num_attention_heads: 2 }, 'made');
    const source = new GgufSource({ path, metadata: new Map(), tensors }, config, dtype);
    const parameter = source.take(name, shape);
    source.dispose();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(bytes.length));
    closeSync(file);
    try {
      return body(parameter);
    } finally {
      parameter.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(['float32', 'bfloat16'] as const)('plain weights of a GGUF file in %s', (dtype) => {
  it.each(
    PLAIN.flatMap((type) => [
      { type, part: 'self_attn.q_proj', stored: 'attn_q', rows: [0, 2, 1, 3, 4, 6, 5, 7] },
      { type, part: 'mlp.up_proj', stored: 'ffn_up', rows: [0, 1, 2, 3, 4, 5, 6, 7] },
    ]),
  )('are those of $type, $part with rotated rows in their places, and need the file no more', (kind) => {
    const { type, part, stored, rows } = kind;
    const before = memory();
    const place = { name: `model.layers.0.${part}.weight`, stored: `blk.0.${stored}.weight` };
    const numbers = taken({ ...place, type, shape: [ROWS, COLUMNS], bytes: wholeNumbers(type) }, dtype, ({ value }) => {
      expect(value.dtype).toBe(dtype);
      return toNumbers(value);
    });
    expect(numbers).toEqual(rows.flatMap((row) => Array.from({ length: COLUMNS }, (_, at) => row * COLUMNS + at)));
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });
});

// random blocks, and for plain types zeros, infinities and the smallest numbers, read by the Python package gguf
const reference = new Map(
  Object.entries(
    z
      .record(z.string(), z.object({ bytes: z.base64(), values: z.base64() }))
      .parse(JSON.parse(readFileSync(new URL('testdata/dequantise.json', import.meta.url), 'utf8'))),
  ).map(([name, { bytes, values }]) => {
    if (!isGgufType(name)) throw new Error(name);
    const exact = Uint8Array.from(Buffer.from(values, 'base64'));
    return [name, { bytes: Buffer.from(bytes, 'base64'), values: new Float32Array(exact.buffer) }];
  }),
);

describe('a GGUF file beside the reference', () => {
  it('has an example of every format', () => {
    expect([...reference.keys()].sort()).toEqual(Object.keys(GGUF_BLOCKS).sort());
  });

  it.each([...reference])('has the same bits in %s, and in bfloat16 those rounded', (type, { bytes, values }) => {
    expect(values.length).toBeGreaterThan(10);
    const before = memory();
    const place = { name: 'model.norm.weight', stored: 'output_norm.weight', type, shape: [values.length], bytes };
    const bits = taken(place, 'float32', ({ value }) => new Uint32Array(toFloat32Array(value).buffer));
    expect(bits).toEqual(new Uint32Array(values.buffer));
    const rounded = scope(() => toFloat32Array(fromTypedArray(values).toDtype('bfloat16')));
    expect(taken(place, 'bfloat16', ({ value }) => toFloat32Array(value))).toEqual(rounded);
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  const blocks = [...reference].filter((each): each is [BlockType, (typeof each)[1]] => !isPlainType(each[0]));
  it.each(blocks)('puts rotated rows of %s in their places', (type, { bytes, values }) => {
    const columns = values.length / ROWS;
    const place = { name: 'model.layers.0.self_attn.q_proj.weight', stored: 'blk.0.attn_q.weight' };
    const found = taken({ ...place, type, shape: [ROWS, columns], bytes }, 'float32', ({ value }) =>
      toFloat32Array(value),
    );
    for (const [row, source] of [0, 2, 1, 3, 4, 6, 5, 7].entries())
      expect(found.subarray(row * columns, (row + 1) * columns)).toEqual(
        values.subarray(source * columns, (source + 1) * columns),
      );
  });

  it.each(blocks)(
    'is the same from many blocks of %s at once, whichever thread takes them',
    (type, { bytes, values }) => {
      const times = Math.ceil(100_000 / values.length);
      const many = fromTypedArray(Uint8Array.from(Buffer.concat(Array<Buffer>(times).fill(bytes))));
      const weights = scope(() => toFloat32Array(dequantise(many, type, { dtype: 'float32' })));
      expect(weights.length).toBe(times * values.length);
      for (let at = 0; at < weights.length; at += values.length)
        expect(weights.subarray(at, at + values.length)).toEqual(values);
      many.dispose();
    },
  );

  it('holds the landmarks of half precision as scales', () => {
    const scales = new Map([
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
      [0x7e00, Number.NaN],
    ]);
    // Q8_0: a scale and 32 ones
    const bytes = Uint8Array.from(
      [...scales.keys()].flatMap((bits) => [bits & 255, bits >> 8, ...Array<number>(32).fill(1)]),
    );
    const weights = scope(() => toFloat32Array(dequantise(fromTypedArray(bytes), 'Q8_0', { dtype: 'float32' })));
    expect([...weights]).toEqual([...scales.values()].flatMap((scale) => Array<number>(32).fill(scale)));
  });

  it.each(blocks)('makes nothing of no bytes of %s', (type) => {
    const weights = scope(() =>
      toFloat32Array(dequantise(fromTypedArray(new Uint8Array(0)), type, { dtype: 'float32' })),
    );
    expect(weights.length).toBe(0);
  });

  it('names blocks that are not whole and formats that are none', () => {
    scope(() => {
      const bytes = fromTypedArray(new Uint8Array(35));
      expect(() => dequantise(bytes, 'Q8_0', { dtype: 'float32' })).toThrow('35 bytes are not whole blocks of 34');
      expect(() => dequantise(bytes, 'Q9_9', { dtype: 'float32' })).toThrow('Q9_9');
    });
  });
});
