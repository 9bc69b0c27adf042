import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { halfTable } from '../files/float16.js';
import type { PlainType } from '../files/gguf-types.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory, toFloat32Array, toNumbers } from '../torch/index.js';
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
  const half = halfTable();
  const bits = {
    F32: (n: number) => floatBits(n),
    F16: (n: number) => half.indexOf(n),
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

/** A source of one tensor, whose file is written over with zeros before `body` looks at what was taken. */
function taken<T>(
  {
    name,
    stored,
    type,
    shape,
    bytes,
  }: { name: string; stored: string; type: PlainType; shape: number[]; bytes: Buffer },
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

const reference = z
  .record(z.string(), z.object({ bytes: z.base64(), values: z.base64() }))
  .parse(JSON.parse(readFileSync(new URL('../files/testdata/dequantise.json', import.meta.url), 'utf8')));

it.each(PLAIN)('every kind of number of %s is the reference’s in float32', (type) => {
  const bytes = Buffer.from(reference[type]?.bytes ?? '', 'base64');
  const exact = Buffer.from(reference[type]?.values ?? '', 'base64');
  const values = new Float32Array(exact.buffer.slice(exact.byteOffset, exact.byteOffset + exact.length));
  expect(values.length).toBeGreaterThan(10);
  const place = { name: 'model.norm.weight', stored: 'output_norm.weight', type, shape: [values.length], bytes };
  expect([...taken(place, 'float32', ({ value }) => toFloat32Array(value))]).toEqual([...values]);
});
