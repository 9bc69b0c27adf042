import { OrpoError } from '../errors.js';
import { addon } from './addon.js';
import type { Handle } from './binding.js';
import { type DType, dtypeCode } from './dtype.js';
import { guard } from './guard.js';
import { Tensor } from './ops.gen.js';

type Numbers = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Int16Array;

/**
 * A tensor of the data's own dtype (Float32Array: float32, Int32Array: int32, …), copied.
 * `share: true` makes a view instead where the data is aligned: the array must then not be detached or resized.
 */
export function fromTypedArray(
  data: Numbers,
  shape: readonly number[] = [data.length],
  options: { share?: boolean; device?: string } = {},
): Tensor {
  const dtype = dtypeOf(data);
  const tensor = guard(
    'fromTypedArray',
    [`${dtype} [${shape.join(', ')}]`],
    () => new Tensor(addon().fromBytes(data, shape, dtypeCode(dtype), options.share ?? false)),
  );
  return options.device === undefined ? tensor : sent(tensor, options.device);
}

/** Token ids or indices: `[n]` int64, what ATen's indexing operators take. */
export function fromIndices(data: Int32Array | readonly number[], device = 'cpu'): Tensor {
  return sent(fromTypedArray(data instanceof Int32Array ? data : Int32Array.from(data)).toDtype('int64'), device);
}

/** Numbers in row-major order, float32 unless said otherwise. */
export function fromNumbers(
  data: readonly number[],
  options: { shape?: readonly number[]; dtype?: DType; device?: string } = {},
): Tensor {
  const { shape = [data.length], dtype = 'float32', device = 'cpu' } = options;
  const exact = fromTypedArray(Float64Array.from(data), shape);
  return sent(dtype === 'float64' ? exact : exact.toDtype(dtype), device);
}

/** What was made on the CPU, on a device; neither the copy nor what the device does before it is waited for. */
export function sent(tensor: Tensor, device: string): Tensor {
  return device === tensor.device ? tensor : tensor.toDevice(device, tensor.dtype, { nonBlocking: true });
}

/** Raw little-endian bytes of any dtype, copied: for formats that carry float16 or bfloat16. */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): Tensor {
  return guard(
    'fromBytes',
    [`${dtype} [${shape.join(', ')}]`],
    () => new Tensor(addon().fromBytes(bytes, shape, dtypeCode(dtype), false)),
  );
}

/** A file mapped into memory, from which tensors are viewed without reading them. */
export class MappedFile {
  readonly #handle: Handle;

  /** @throws TorchError when the file cannot be opened. */
  constructor(path: string) {
    this.#handle = guard('mapFile', [path], () => addon().mapFile(path));
  }

  /** The tensor at byte `offset`; it keeps the mapping alive. Writing to it in place never reaches the file. */
  tensor(offset: number, shape: readonly number[], dtype: DType): Tensor {
    return guard(
      'fromFile',
      [offset, `${dtype} [${shape.join(', ')}]`],
      () => new Tensor(addon().fromFile(this.#handle, offset, shape, dtypeCode(dtype))),
    );
  }

  dispose(): void {
    addon().dispose(this.#handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function dtypeOf(data: Numbers): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int16Array) return 'int16';
  throw new OrpoError('torch', 'A tensor needs a typed array.', 'Use fromNumbers for plain arrays.');
}
