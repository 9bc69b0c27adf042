import type { CpuFeatures } from './cpu.js';

export type Precision = 'fp32' | 'bf16';

/**
 * Whether AVX512-BF16 without AMX is enough for bf16. On two cores of an AMD EPYC of that kind, with torch 2.13, bf16 products
 * run 2.2 to 2.5 times as fast as fp32 ones (2048 cube 433 and 179 GFLOP/s, 1280x576x49152 328 and 145).
 */
const AVX512_BF16_IS_ENOUGH = true;

/** A precision, and the reason in words for people. */
export interface PrecisionChoice {
  readonly precision: Precision;
  readonly why: string;
}

/**
 * The precision of matrix work. `auto` takes bf16 on a GPU and on CPUs that multiply bf16 matrices in hardware, fp32 elsewhere,
 * where bf16 products fall to a path that is 10 to 400 times slower than fp32.
 */
export function choosePrecision(setting: 'auto' | Precision, cpu: CpuFeatures, gpu: boolean): PrecisionChoice {
  if (setting !== 'auto') return { precision: setting, why: 'as configured' };
  if (gpu) return { precision: 'bf16', why: 'the GPU multiplies bf16 matrices in hardware' };
  if (cpu.amxBf16) return { precision: 'bf16', why: 'the CPU has AMX' };
  if (cpu.avx512Bf16 && AVX512_BF16_IS_ENOUGH) return { precision: 'bf16', why: 'the CPU has AVX512-BF16' };
  return { precision: 'fp32', why: 'the CPU has no instructions for bf16 matrices' };
}
