import { describe, expect, it } from 'vitest';

import { type CpuFeatures, readCpuInfo } from './cpu.js';
import { choosePrecision } from './precision.js';

function cpu(flags: string): CpuFeatures {
  const first = `processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu ${flags}\nbugs\t\t: amx_bf16\n`;
  return readCpuInfo(first, 4, () => 'fallback');
}

describe('readCpuInfo', () => {
  it('reads the model and the instruction sets', () => {
    expect(cpu('avx2 avx512f avx512_bf16')).toEqual({
      model: 'Some CPU',
      cores: 4,
      avx2: true,
      avx512: true,
      avx512Bf16: true,
      amxBf16: false,
    });
  });

  it('claims nothing about a CPU it cannot read', () => {
    expect(readCpuInfo('', 2, () => 'M4')).toMatchObject({ model: 'M4', avx2: false, amxBf16: false });
  });
});

describe('choosePrecision', () => {
  it.each([
    ['auto', 'avx2', false, 'fp32'],
    ['auto', 'avx2', true, 'bf16'],
    ['auto', 'avx2 avx512f', false, 'fp32'],
    ['auto', 'avx512f avx512_bf16', false, 'bf16'],
    ['auto', 'amx_bf16', false, 'bf16'],
    ['bf16', 'avx2', false, 'bf16'],
    ['fp32', 'amx_bf16', true, 'fp32'],
  ] as const)('%s on a CPU with %s, GPU %s: %s', (setting, flags, gpu, precision) => {
    expect(choosePrecision(setting, cpu(flags), gpu).precision).toBe(precision);
  });
});
