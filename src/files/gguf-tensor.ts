import { dequantise } from './dequantise.js';
import type { GgufFile, GgufTensor } from './gguf.js';
import { type BlockType, GGUF_BLOCKS } from './gguf-types.js';
import { readFully, withRegularFile } from './regular-file.js';

const CHUNK_BYTES = 4 << 20;

/** A tensor in blocks. */
export interface BlockTensor extends GgufTensor {
  readonly type: BlockType;
}

/**
 * Reads one tensor of a GGUF file as float32, row-major in `tensor.shape`; a few megabytes of the file are in memory at
 * a time. `out`, when given, must have exactly the tensor's number of elements.
 */
export function readGgufTensor(file: GgufFile, tensor: BlockTensor, out?: Float32Array): Float32Array {
  const block = GGUF_BLOCKS[tensor.type];
  const blocks = tensor.length / block.bytes;
  const values = out ?? new Float32Array(blocks * block.elements);
  if (values.length !== blocks * block.elements) {
    throw new RangeError(`${tensor.name} has ${blocks * block.elements} values, the array has ${values.length}`);
  }
  const step = Math.max(1, Math.floor(CHUNK_BYTES / block.bytes));
  const chunk = new Uint8Array(Math.min(blocks, step) * block.bytes);
  withRegularFile(file.path, (fd) => {
    for (let first = 0; first < blocks; first += step) {
      const count = Math.min(step, blocks - first);
      const bytes = chunk.subarray(0, count * block.bytes);
      readFully(fd, file.path, bytes, tensor.offset + first * block.bytes);
      dequantise(tensor.type, bytes, values.subarray(first * block.elements, (first + count) * block.elements));
    }
  });
  return values;
}
