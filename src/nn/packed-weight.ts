import {
  linear as affine,
  type DType,
  keep,
  quantisedLinear,
  quantisedPack,
  quantisedRows,
  scope,
  type Tensor,
} from '../torch/index.js';

/** Block formats of GGUF that products are computed from as they stand. */
export const packedKinds = ['Q4_0', 'Q4_1', 'Q8_0'] as const;
export type PackedKind = (typeof packedKinds)[number];

/** Whether a format of GGUF can stay as it is. */
export function isPackedKind(name: string): name is PackedKind {
  return packedKinds.some((kind) => kind === name);
}

export interface PackedShape {
  readonly kind: PackedKind;
  readonly rows: number;
  /** A multiple of 32. */
  readonly columns: number;
  /** Heads whose rotated rows lie as GGUF orders them, (0, 1), (2, 3), …; 0: rows as they stand. */
  readonly pairedHeads?: number;
}

/**
 * A weight `[rows, columns]` in the width of its GGUF file, blocks of 32 weights around one scale, for inference alone:
 * no gradient passes through it. It owns its memory; `dispose` frees it.
 */
export class PackedWeight {
  readonly rows: number;
  readonly columns: number;
  /** The dtype of computation: what rows are looked up in. */
  readonly dtype: DType;
  /** `[sides, blocks, bytes]`: see native/kernels/quantised-blocks.h. */
  readonly slabs: Tensor;

  /** `bytes` are the matrix in its file; they are not needed afterwards. */
  constructor(bytes: Tensor, { kind, rows, columns, pairedHeads = 0 }: PackedShape, dtype: DType) {
    this.rows = rows;
    this.columns = columns;
    this.dtype = dtype;
    this.slabs = keep(quantisedPack(bytes, kind, rows, columns, { pairedHeads }));
  }

  /** The whole matrix as floats. */
  dense(): Tensor {
    return quantisedRows(this.slabs, this.rows, { dtype: this.dtype });
  }

  /** The rows `ids [N]` int64 as floats `[N, columns]`. */
  lookUp(ids: Tensor): Tensor {
    return quantisedRows(this.slabs, this.rows, { ids, dtype: this.dtype });
  }

  dispose(): void {
    this.slabs.dispose();
  }
}

/**
 * Rows from which bfloat16 products are made faster by unpacking the weights first: measured with AVX512-BF16, one core.
 * In float32 the packed products win at every count.
 */
const DENSE_ROWS = 256;

/** `input [N, columns]` times each of the weights, transposed: `[N, rows]` each. */
export function packedProducts(input: Tensor, weights: readonly PackedWeight[]): Tensor[] {
  if (input.dtype === 'bfloat16' && input.size(0) >= DENSE_ROWS) return plainPackedProducts(input, weights);
  return quantisedLinear(
    input,
    weights.map(({ slabs }) => slabs),
    weights.map(({ rows }) => rows),
  );
}

/** The same from dense weights: what the packed products are tested against. */
export function plainPackedProducts(input: Tensor, weights: readonly PackedWeight[]): Tensor[] {
  return weights.map((weight) => scope(() => affine(input, weight.dense())));
}
