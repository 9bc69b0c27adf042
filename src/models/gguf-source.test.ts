import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { halfTable } from '../files/float16.js';
import type { PlainType } from '../files/gguf-types.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory, toNumbers } from '../torch/index.js';
import { GgufSource } from './gguf-source.js';
import { ModelConfig } from './model-config.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const ROWS = 8;
const COLUMNS = 6;

/** The whole numbers from 0 on, which all three formats hold exactly. */
function stored(type: PlainType): Buffer {
  const numbers = Array.from({ length: ROWS * COLUMNS }, (_, i) => i);
  const half = halfTable();
  const bits = {
    F32: (n: number) => floatBits(n),
    F16: (n: number) => half.indexOf(n),
    BF16: (n: number) => floatBits(n) >>> 16,
  };
  const size = type === 'F32' ? 4 : 2;
  const bytes = Buffer.alloc(numbers.length * size);
  for (const n of numbers) bytes.writeUIntLE(bits[type](n), n * size, size);
  return bytes;
}

function floatBits(n: number): number {
  return new Uint32Array(new Float32Array([n]).buffer)[0] ?? 0;
}

describe.each(['float32', 'bfloat16'] as const)('plain weights of a GGUF file in %s', (dtype) => {
  it.each(['F32', 'F16', 'BF16'] as const)('come exactly from %s, rotated rows in their places', (type) => {
    const folder = mkdtempSync(join(tmpdir(), 'orpo-gguf-'));
    const before = memory();
    try {
      const path = join(folder, 'weights.gguf');
      const bytes = stored(type);
      writeFileSync(path, bytes);
      const name = 'blk.0.attn_q.weight';
      const shape = [ROWS, COLUMNS];
      const tensors = new Map([[name, { name, type, shape, offset: 0, length: bytes.length }]]);
      const config = new ModelConfig({ num_attention_heads: 2 }, 'made');
      const source = new GgufSource({ path, metadata: new Map(), tensors }, config, dtype);
      const parameter = source.take('model.layers.0.self_attn.q_proj.weight', shape);
      // the weights do not need the file any more
      source.dispose();
      rmSync(path);
      expect(parameter.value.dtype).toBe(dtype);
      const rows = [0, 2, 1, 3, 4, 6, 5, 7];
      const expected = rows.flatMap((row) => Array.from({ length: COLUMNS }, (_, column) => row * COLUMNS + column));
      expect(toNumbers(parameter.value)).toEqual(expected);
      parameter.dispose();
      expect(memory().handles).toBe(before.handles);
      expect(memory().bytes).toBe(before.bytes);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
