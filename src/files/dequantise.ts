import { OrpoError } from '../errors.js';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './dequantise/blocks-of-32.js';
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './dequantise/k-quants.js';
import { type BlockType, GGUF_BLOCKS } from './gguf-types.js';

const FORMATS: Readonly<Record<BlockType, (bytes: Uint8Array, out: Float32Array) => void>> = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_k,
  Q3_K: q3_k,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
};

/** Turns whole blocks of a GGUF format into float32 values. `out` must have exactly their number of elements. */
export function dequantise(type: BlockType, bytes: Uint8Array, out: Float32Array): void {
  const block = GGUF_BLOCKS[type];
  const blocks = bytes.byteLength / block.bytes;
  if (!Number.isInteger(blocks) || blocks * block.elements !== out.length) {
    throw new OrpoError(
      'format',
      `${bytes.byteLength} bytes of ${type} do not hold ${out.length} values.`,
      `Give whole blocks: ${block.bytes} bytes for each ${block.elements} values.`,
    );
  }
  FORMATS[type](bytes, out);
}
