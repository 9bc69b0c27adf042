import { halfTable } from '../float16.js';

/** Formats without blocks: float32 as it is, and the two 16-bit floats widened. All are exact. */
export function f32(bytes: Uint8Array, out: Float32Array): void {
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
}

/** IEEE half precision. */
export function f16(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let i = 0, at = 0; i < out.length; i++, at += 2) {
    out[i] = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
  }
}

/** The upper half of a float32. */
export function bf16(bytes: Uint8Array, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0, at = 0; i < bits.length; i++, at += 2) {
    bits[i] = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 24);
  }
}
