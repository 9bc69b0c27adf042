import { addon } from './addon.js';
import { guard } from './guard.js';
import type { Tensor } from './ops.gen.js';
import { scope } from './scope.js';

/** The elements in row-major order, converted to float32. */
export function toFloat32Array(tensor: Tensor): Float32Array {
  return scope(() => new Float32Array(copyOut(tensor.dtype === 'float32' ? tensor : tensor.toDtype('float32'))));
}

/** The elements in row-major order, converted to float64. */
export function toNumbers(tensor: Tensor): number[] {
  return scope(() => Array.from(new Float64Array(copyOut(tensor.toDtype('float64')))));
}

/** The elements of an integer tensor, as int32. */
export function toInt32Array(tensor: Tensor): Int32Array {
  return scope(() => new Int32Array(copyOut(tensor.toDtype('int32'))));
}

/** The elements' bytes, little-endian, in the tensor's own dtype. */
export function toBytes(tensor: Tensor): Uint8Array {
  return new Uint8Array(copyOut(tensor));
}

function copyOut(tensor: Tensor): ArrayBuffer {
  return guard('toBytes', [tensor], () => addon().toBytes(tensor.handle));
}
