/** The float32 value of every bit pattern of IEEE half precision: 65,536 entries, made on the first call. */
export function halfTable(): Float32Array {
  table ??= buildTable();
  return table;
}

let table: Float32Array | undefined;

function buildTable(): Float32Array {
  const bits = new Uint32Array(65_536);
  const values = new Float32Array(bits.buffer);
  for (let half = 0; half < 65_536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      // subnormal: a multiple of 2^-24, exact in float32
      values[half] = fraction * 2 ** -24;
      bits[half] = (bits[half] ?? 0) | sign;
    } else {
      const wide = exponent === 31 ? 0xff : exponent - 15 + 127;
      bits[half] = sign | (wide << 23) | (fraction << 13);
    }
  }
  return values;
}
