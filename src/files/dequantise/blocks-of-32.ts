import { halfTable } from '../float16.js';

// Blocks of 32 weights around one scale (`_0`), or one scale and one minimum (`_1`), both in half precision.
// Every product fits float32 exactly, so doing the arithmetic in double rounds once, as float32 arithmetic does.

/** d · (q - 8), with q of 4 bits: byte i holds weight i low and weight i + 16 high. 18 bytes a block. */
export function q4_0(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 18, to += 32) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 2 + i] ?? 0;
      out[to + i] = d * ((q & 15) - 8);
      out[to + i + 16] = d * ((q >> 4) - 8);
    }
  }
}

/** d · q + m, with q of 4 bits as in `q4_0`. 20 bytes a block. */
export function q4_1(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 20, to += 32) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    const m = half[(bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)] ?? 0;
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 4 + i] ?? 0;
      out[to + i] = d * (q & 15) + m;
      out[to + i + 16] = d * (q >> 4) + m;
    }
  }
}

/** d · (q - 16), with q of 5 bits: four as in `q4_0`, the fifth in 32 bits after the scale. 22 bytes a block. */
export function q5_0(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 22, to += 32) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    const high = fourBytes(bytes, at + 2);
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 6 + i] ?? 0;
      out[to + i] = d * (((q & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[to + i + 16] = d * (((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  }
}

/** d · q + m, with q of 5 bits as in `q5_0`. 24 bytes a block. */
export function q5_1(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 24, to += 32) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    const m = half[(bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)] ?? 0;
    const high = fourBytes(bytes, at + 4);
    for (let i = 0; i < 16; i++) {
      const q = bytes[at + 8 + i] ?? 0;
      out[to + i] = d * ((q & 15) | (((high >>> i) & 1) << 4)) + m;
      out[to + i + 16] = d * ((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  }
}

/** d · q, with q a signed byte. 34 bytes a block. */
export function q8_0(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 34, to += 32) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    for (let i = 0; i < 32; i++) out[to + i] = d * (((bytes[at + 2 + i] ?? 0) << 24) >> 24);
  }
}

function fourBytes(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}
