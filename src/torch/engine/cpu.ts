import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** What matters of a CPU: its vector and matrix instructions decide the precision. */
export interface CpuFeatures {
  readonly model: string;
  /** Logical cores this process may use. */
  readonly cores: number;
  readonly avx2: boolean;
  readonly avx512: boolean;
  readonly avx512Bf16: boolean;
  readonly amxBf16: boolean;
}

/** The CPU of this machine; where there is no /proc/cpuinfo, no instruction set is claimed. */
export function cpuFeatures(): CpuFeatures {
  const text = cpuInfo();
  return readCpuInfo(text, availableParallelism(), () => cpus()[0]?.model.trim() ?? process.arch);
}

/** Reads the first processor of a /proc/cpuinfo; `fallback` names the model where the text does not, as on ARM. */
export function readCpuInfo(text: string, cores: number, fallback: () => string): CpuFeatures {
  const flags = new Set(readFlags(text));
  return {
    model: field(text, 'model name') || fallback() || process.arch,
    cores,
    avx2: flags.has('avx2'),
    avx512: flags.has('avx512f'),
    avx512Bf16: flags.has('avx512_bf16'),
    amxBf16: flags.has('amx_bf16'),
  };
}

/** The instruction sets of the first processor, sorted; the model where they cannot be read. */
export function cpuFlags(): string[] {
  const flags = readFlags(cpuInfo());
  return flags.length > 0 ? flags : [cpus()[0]?.model ?? process.arch];
}

function readFlags(text: string): string[] {
  const flags = field(text, 'flags') || field(text, 'Features');
  return flags
    .split(/\s+/)
    .filter((flag) => flag !== '')
    .sort();
}

function field(text: string, name: string): string {
  return new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
}

function cpuInfo(): string {
  // the first processor is in the first kilobytes, and the whole file is slow to read on machines with hundreds
  const start = Buffer.alloc(16_384);
  try {
    const file = openSync('/proc/cpuinfo', 'r');
    try {
      return start.toString('utf8', 0, readSync(file, start, 0, start.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
