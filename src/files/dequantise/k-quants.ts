import { halfTable } from '../float16.js';

// Super-blocks of 256 weights: scales (and minima) of the inner groups are small integers times one half-precision
// number. Layouts as in ggml; every product fits float32 exactly, so doubles round once, as float32 arithmetic does.

/** 16 groups of 16: d · s · q - dmin · m, with q of 2 bits and s, m of 4. 84 bytes a super-block. */
export function q2_k(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 84, to += 256) {
    const d = half[(bytes[at + 80] ?? 0) | ((bytes[at + 81] ?? 0) << 8)] ?? 0;
    const dmin = half[(bytes[at + 82] ?? 0) | ((bytes[at + 83] ?? 0) << 8)] ?? 0;
    for (let group = 0; group < 16; group++) {
      const packed = bytes[at + group] ?? 0;
      const scale = d * (packed & 15);
      const minimum = dmin * (packed >> 4);
      // groups 0 to 7 share the first 32 bytes, two groups a bit pair
      const from = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
      const shift = group & 6;
      const target = to + group * 16;
      for (let i = 0; i < 16; i++) out[target + i] = scale * (((bytes[from + i] ?? 0) >> shift) & 3) - minimum;
    }
  }
}

/** 16 groups of 16: d · s · q, with s of 6 signed bits and q from -4 to 3; its third bit lies apart. 110 bytes. */
export function q3_k(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 110, to += 256) {
    const d = half[(bytes[at + 108] ?? 0) | ((bytes[at + 109] ?? 0) << 8)] ?? 0;
    for (let group = 0; group < 16; group++) {
      const low = ((bytes[at + 96 + (group & 7)] ?? 0) >> (group < 8 ? 0 : 4)) & 15;
      const high = ((bytes[at + 104 + (group & 3)] ?? 0) >> ((group >> 2) * 2)) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const from = at + 32 + (group >> 3) * 32 + (group & 1) * 16;
      const mask = at + (group & 1) * 16;
      const shift = group & 6;
      const bit = group >> 1;
      const target = to + group * 16;
      for (let i = 0; i < 16; i++) {
        // a bit that is not set takes 4 away
        const below = ((((bytes[mask + i] ?? 0) >> bit) & 1) ^ 1) << 2;
        out[target + i] = scale * ((((bytes[from + i] ?? 0) >> shift) & 3) - below);
      }
    }
  }
}

/** 8 groups of 32: d · s · q - dmin · m, with q of 4 bits and s, m of 6. 144 bytes a super-block. */
export function q4_k(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 144, to += 256) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    const dmin = half[(bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)] ?? 0;
    for (let group = 0; group < 8; group++) {
      const scale = d * groupScale(bytes, at + 4, group);
      const minimum = dmin * groupMinimum(bytes, at + 4, group);
      const from = at + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      const target = to + group * 32;
      for (let i = 0; i < 32; i++) out[target + i] = scale * (((bytes[from + i] ?? 0) >> shift) & 15) - minimum;
    }
  }
}

/** As `q4_k`, with a fifth bit of each weight in 32 bytes after the scales. 176 bytes a super-block. */
export function q5_k(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 176, to += 256) {
    const d = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
    const dmin = half[(bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)] ?? 0;
    for (let group = 0; group < 8; group++) {
      const scale = d * groupScale(bytes, at + 4, group);
      const minimum = dmin * groupMinimum(bytes, at + 4, group);
      const from = at + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      const target = to + group * 32;
      for (let i = 0; i < 32; i++) {
        const high = (((bytes[at + 16 + i] ?? 0) >> group) & 1) << 4;
        out[target + i] = scale * ((((bytes[from + i] ?? 0) >> shift) & 15) | high) - minimum;
      }
    }
  }
}

/** 16 groups of 16: d · s · (q - 32), with q of 6 bits and s a signed byte. 210 bytes a super-block. */
export function q6_k(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable();
  for (let at = 0, to = 0; to < out.length; at += 210, to += 256) {
    const d = half[(bytes[at + 208] ?? 0) | ((bytes[at + 209] ?? 0) << 8)] ?? 0;
    for (let group = 0; group < 16; group++) {
      const scale = d * (((bytes[at + 192 + group] ?? 0) << 24) >> 24);
      // in each half of 128 weights: low bits in 64 bytes, two nibbles each; high bits in 32 bytes, four pairs each
      const side = group >> 3;
      const quarter = (group & 7) >> 1;
      const within = (group & 1) * 16;
      const low = at + side * 64 + (quarter & 1) * 32 + within;
      const lowShift = (quarter >> 1) * 4;
      const high = at + 128 + side * 32 + within;
      const highShift = quarter * 2;
      const target = to + group * 16;
      for (let i = 0; i < 16; i++) {
        const q = (((bytes[low + i] ?? 0) >> lowShift) & 15) | ((((bytes[high + i] ?? 0) >> highShift) & 3) << 4);
        out[target + i] = scale * (q - 32);
      }
    }
  }
}

/** Scale of a group of `q4_k` and `q5_k`: six bits, of which groups 4 to 7 keep the upper two in the bytes of 0 to 3. */
function groupScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return (bytes[at + group] ?? 0) & 63;
  return ((bytes[at + group + 4] ?? 0) & 15) | (((bytes[at + group - 4] ?? 0) >> 6) << 4);
}

/** Minimum of a group, packed like the scale. */
function groupMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return (bytes[at + group + 4] ?? 0) & 63;
  return ((bytes[at + group + 4] ?? 0) >> 4) | (((bytes[at + group] ?? 0) >> 6) << 4);
}
