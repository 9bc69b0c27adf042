import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { dequantise } from './dequantise.js';
import { halfTable } from './float16.js';
import { GGUF_BLOCKS, isGgufType, isPlainType } from './gguf-types.js';

const fixture = z
  .record(z.string(), z.object({ bytes: z.base64(), values: z.base64() }))
  .parse(JSON.parse(readFileSync(new URL('testdata/dequantise.json', import.meta.url), 'utf8')));

describe('dequantise', () => {
  it('has a fixture for every format', () => {
    expect(Object.keys(fixture).sort()).toEqual(Object.keys(GGUF_BLOCKS).sort());
  });

  const blocks = Object.entries(fixture).filter(([name]) => isGgufType(name) && !isPlainType(name));
  it.each(blocks)('gives the bits of the reference for %s', (name, { bytes, values }) => {
    if (!isGgufType(name) || isPlainType(name)) throw new Error(name);
    const expected = Buffer.from(values, 'base64');
    const out = new Float32Array(expected.byteLength / 4);
    dequantise(name, Buffer.from(bytes, 'base64'), out);
    expect(out.length).toBeGreaterThan(0);
    expect(Buffer.from(out.buffer).equals(expected)).toBe(true);
  });

  it('writes only into its part of a larger array', () => {
    const all = new Float32Array(64).fill(7);
    dequantise('Q8_0', new Uint8Array(34), all.subarray(16, 48));
    expect([...all]).toEqual([...Array(16).fill(7), ...Array(32).fill(0), ...Array(16).fill(7)]);
  });

  it.each([
    [33, 32],
    [34, 31],
    [34, 33],
    [68, 32],
  ])('refuses %d bytes of Q8_0 for %d values', (bytes, values) => {
    expect(() => dequantise('Q8_0', new Uint8Array(bytes), new Float32Array(values))).toThrow(/Q8_0/);
  });

  it('is fast: 32 million weights of Q4_1 on one core', () => {
    const weights = 1 << 25;
    const bytes = new Uint8Array((weights / 32) * 20).fill(0x11);
    const out = new Float32Array(weights);
    const start = performance.now();
    dequantise('Q4_1', bytes, out);
    // about 0.05 s on one core of 2023; the limit leaves room for a busy machine and still catches a tenfold loss
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe('halfTable', () => {
  it('holds the landmarks of half precision', () => {
    const half = halfTable();
    expect(half[0x0000]).toBe(0);
    expect(Object.is(half[0x8000], -0)).toBe(true);
    expect(half[0x0001]).toBe(2 ** -24);
    expect(half[0x03ff]).toBe(1023 * 2 ** -24);
    expect(half[0x0400]).toBe(2 ** -14);
    expect(half[0x3c00]).toBe(1);
    expect(half[0xc000]).toBe(-2);
    expect(half[0x7bff]).toBe(65504);
    expect(half[0x7c00]).toBe(Infinity);
    expect(half[0xfc00]).toBe(-Infinity);
    expect(half[0x7e00]).toBeNaN();
  });
});
