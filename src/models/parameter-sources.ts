import { OrpoError } from '../errors.js';
import type { StoredDtype, StoredTensor } from '../files/weights.js';
import { Parameter } from '../nn/parameter.js';
import type { Initial, ParameterSource } from '../nn/parameter-source.js';
import { type DType, empty, Generator, MappedFile, ones, type Tensor, zeros } from '../torch/index.js';

const DTYPES: Readonly<Record<StoredDtype, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/** Weights of a checkpoint, mapped from their files and converted to the dtype of computation where it differs. */
export class CheckpointSource implements ParameterSource {
  readonly #stored: ReadonlyMap<string, StoredTensor>;
  readonly #dtype: DType;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #files = new Map<string, MappedFile>();
  readonly #taken = new Set<string>();

  /** `prefix` is the first part of the names, with its dot, which a checkpoint may leave out. */
  constructor(stored: ReadonlyMap<string, StoredTensor>, dtype: DType, origin: string, prefix = '') {
    this.#stored = stored;
    this.#dtype = dtype;
    this.#origin = origin;
    this.#prefix = prefix;
  }

  take(name: string, shape: readonly number[]): Parameter {
    const bare = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : name;
    const stored = this.#stored.get(name) ?? this.#stored.get(bare);
    if (stored === undefined)
      throw new OrpoError(
        'model',
        `${this.#origin} has no tensor "${name}".`,
        'The config and the weights must belong together.',
      );
    if (stored.shape.join() !== shape.join())
      throw new OrpoError(
        'model',
        `${this.#origin}: "${name}" has shape [${stored.shape.join(', ')}], the config asks for [${shape.join(', ')}].`,
        'The config and the weights must belong together.',
      );
    this.#taken.add(stored.name);
    return new Parameter(name, this.#read(stored));
  }

  has(name: string): boolean {
    return this.#stored.has(name);
  }

  /** Stored names that no module asked for. */
  unused(): string[] {
    return [...this.#stored.keys()].filter((name) => !this.#taken.has(name));
  }

  /** Drops the mappings; tensors still viewing them keep them alive. */
  dispose(): void {
    for (const file of this.#files.values()) file.dispose();
  }

  #read(stored: StoredTensor): Tensor {
    let file = this.#files.get(stored.file);
    if (file === undefined) {
      file = new MappedFile(stored.file);
      this.#files.set(stored.file, file);
    }
    const mapped = file.tensor(stored.offset, stored.shape, DTYPES[stored.dtype]);
    if (mapped.dtype === this.#dtype) return mapped;
    const converted = mapped.toDtype(this.#dtype);
    mapped.dispose();
    return converted;
  }
}

/** Fresh weights: N(0, spread²), zeros and ones as each module asks, a function of the seed. */
export class RandomSource implements ParameterSource {
  readonly #generator: Generator;
  readonly #spread: number;
  readonly #dtype: DType;

  constructor(seed: number, spread: number, dtype: DType = 'float32') {
    this.#generator = new Generator(seed);
    this.#spread = spread;
    this.#dtype = dtype;
  }

  take(name: string, shape: readonly number[], initial: Initial): Parameter {
    return new Parameter(name, this.#draw(shape, initial));
  }

  #draw(shape: readonly number[], initial: Initial): Tensor {
    if (initial === 'zeros') return zeros(shape, { dtype: this.#dtype });
    if (initial === 'ones') return ones(shape, { dtype: this.#dtype });
    return empty(shape, { dtype: this.#dtype }).normal_({ std: this.#spread, generator: this.#generator });
  }

  dispose(): void {
    this.#generator.dispose();
  }
}
