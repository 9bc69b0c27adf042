import { beforeAll, describe, expect, it } from 'vitest';
import { GGUF_BLOCKS } from '../files/gguf-types.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  linear as affine,
  dequantise,
  fromIndices,
  fromTypedArray,
  Generator,
  memory,
  quantisedLinear,
  scope,
  type Tensor,
  toFloat32Array,
  zeros,
} from '../torch/index.js';
import { PackedWeight, packedKinds, packedProducts, plainPackedProducts } from './packed-weight.js';
import { Parameter } from './parameter.js';

/** Rows that fill no side of sixteen, columns that fill no register. */
const ROWS = 43;
const COLUMNS = 160;

/** Random blocks with scales and minimums of ordinary size. */
function randomBlocks(kind: (typeof packedKinds)[number]): Uint8Array {
  const { bytes } = GGUF_BLOCKS[kind];
  const blocks = (ROWS * COLUMNS) / 32;
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return Uint8Array.from({ length: blocks * bytes }, (_, i) => {
    const at = i % bytes;
    const half = kind === 'Q4_1' ? 4 : 2;
    if (at >= half) return next();
    // 0x20.. to 0x2f..: halves from 0.008 to 0.12; the minimum is below zero
    return at % 2 === 0 ? next() : 0x20 + (next() & 15) + (at === 3 ? 0x80 : 0);
  });
}

function reference(kind: (typeof packedKinds)[number], bytes: Uint8Array): Float32Array {
  return scope(() => toFloat32Array(dequantise(fromTypedArray(bytes), kind, { dtype: 'float32' })));
}

const packed = (kind: (typeof packedKinds)[number], bytes: Uint8Array, dtype: 'float32' | 'bfloat16', heads = 0) =>
  scope(
    () => new PackedWeight(fromTypedArray(bytes), { kind, rows: ROWS, columns: COLUMNS, pairedHeads: heads }, dtype),
  );

const relative = (actual: Tensor, exact: Tensor): number =>
  actual.toDtype('float64').sub(exact).norm().item() / exact.norm().item();

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe.each(packedKinds)('%s', (kind) => {
  const bytes = randomBlocks(kind);

  it('unpacks to what the file says, whole and by rows', () => {
    const before = memory();
    const weight = packed(kind, bytes, 'float32');
    const values = reference(kind, bytes);
    scope(() => {
      expect(toFloat32Array(weight.dense())).toEqual(values);
      const rows = toFloat32Array(weight.lookUp(fromIndices([42, 0, 17])));
      for (const [i, row] of [42, 0, 17].entries())
        expect(rows.subarray(i * COLUMNS, (i + 1) * COLUMNS)).toEqual(
          values.subarray(row * COLUMNS, (row + 1) * COLUMNS),
        );
      expect(() => weight.lookUp(fromIndices([43]))).toThrow('row 43 of 43');
    });
    weight.dispose();
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it.each(['avx512', 'avx2', 'plain', ''])('multiplies as dense weights do (%s)', (instructions) => {
    scope(() => {
      const weight = packed(kind, bytes, 'float32');
      const generator = new Generator(3);
      const exact = (input: Tensor) =>
        input.toDtype('float64').matmul(weight.dense().toDtype('float64').transpose(0, 1));
      for (const rows of [1, 2, 3, 8, 13]) {
        const input = zeros([rows, COLUMNS], { dtype: 'float32' }).normal_({ generator });
        let product: Tensor | undefined;
        try {
          [product] = quantisedLinear(input, [weight.slabs], [ROWS], { instructions });
        } catch (error) {
          // another machine
          if (/no instructions named/.test(String(error))) return;
          throw error;
        }
        if (product === undefined) throw new RangeError('no product');
        expect(product.shape).toEqual([rows, ROWS]);
        // 16 bits of each activation: 2^-16 of its block's largest, spread evenly, over values of unit spread
        expect(relative(product, exact(input))).toBeLessThan(4e-5);
      }
      generator.dispose();
      weight.dispose();
    });
  });

  it('multiplies in bfloat16, and several matrices in one call', () => {
    scope(() => {
      const [weight, other] = [packed(kind, bytes, 'bfloat16'), packed('Q8_0', randomBlocks('Q8_0'), 'bfloat16')];
      const generator = new Generator(4);
      const normal = (rows: number) =>
        zeros([rows, COLUMNS], { dtype: 'float32' }).normal_({ generator }).toDtype('bfloat16');
      const input = normal(5);
      const products = packedProducts(input, [weight, other]);
      const plain = plainPackedProducts(input, [weight, other]);
      // many rows take the plain form
      const many = normal(300);
      expect(packedProducts(many, [weight])[0]?.equal(affine(many, weight.dense()))).toBe(true);
      expect(products.map(({ dtype, shape }) => [dtype, shape])).toEqual([
        ['bfloat16', [5, ROWS]],
        ['bfloat16', [5, ROWS]],
      ]);
      for (const [i, product] of products.entries()) {
        const exact = plain[i]?.toDtype('float64');
        if (exact === undefined) throw new RangeError('no product');
        expect(relative(product, exact)).toBeLessThan(5e-3);
      }
      generator.dispose();
      weight.dispose();
      other.dispose();
    });
  });

  it('keeps what is not finite, and zeros', () => {
    scope(() => {
      const weight = packed(kind, bytes, 'float32');
      const values = new Float32Array(3 * COLUMNS);
      values[5] = Number.NaN;
      values[COLUMNS + 40] = Number.POSITIVE_INFINITY;
      const [product] = packedProducts(fromTypedArray(values, [3, COLUMNS]), [weight]);
      const rows = product === undefined ? new Float32Array(0) : toFloat32Array(product);
      expect(rows.subarray(0, 2 * ROWS).every(Number.isNaN)).toBe(true);
      expect(rows.subarray(2 * ROWS)).toEqual(new Float32Array(ROWS));
      weight.dispose();
    });
  });
});

describe('PackedWeight', () => {
  it('undoes the order of rotated rows', () => {
    scope(() => {
      const kind = 'Q8_0';
      const bytes = randomBlocks(kind).subarray(0, (40 * COLUMNS * 34) / 32);
      const stored = fromTypedArray(bytes);
      const weight = new PackedWeight(stored, { kind, rows: 40, columns: COLUMNS, pairedHeads: 5 }, 'float32');
      const turned = dequantise(stored, kind, { dtype: 'float32' })
        .reshape([5, 4, 2, COLUMNS])
        .transpose(1, 2)
        .reshape([40, COLUMNS]);
      expect(toFloat32Array(weight.dense())).toEqual(toFloat32Array(turned));
      weight.dispose();
    });
  });

  it('lets no gradient be lost', () => {
    scope(() => {
      const weight = packed('Q4_0', randomBlocks('Q4_0'), 'float32');
      const input = zeros([1, COLUMNS], { dtype: 'float32' }).setRequiresGrad(true);
      expect(() => packedProducts(input, [weight])).toThrow('no gradient');
      weight.dispose();
    });
  });

  it('is a parameter until its value is asked for', () => {
    const before = memory();
    const parameter = new Parameter('w', packed('Q4_1', randomBlocks('Q4_1'), 'bfloat16'));
    expect([parameter.shape, parameter.dtype, parameter.device]).toEqual([[ROWS, COLUMNS], 'bfloat16', 'cpu']);
    expect(parameter.packed).toBeDefined();
    expect(parameter.value.dtype).toBe('bfloat16');
    expect(parameter.packed).toBeUndefined();
    parameter.train('bfloat16');
    parameter.dispose();
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });
});
