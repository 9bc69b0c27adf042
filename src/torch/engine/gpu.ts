import { existsSync } from 'node:fs';

import { ask, findProgram } from './programs.js';

/** Whether the machine seems to have an NVIDIA GPU and its driver, without loading anything. */
export function hasGpu(): boolean {
  return existsSync('/dev/nvidiactl') || existsSync('/proc/driver/nvidia/version');
}

/** The NVIDIA GPUs as the driver names them, without their serial numbers; none where there is no driver. */
export function gpuNames(): string[] {
  const program = findProgram('nvidia-smi');
  const list = program === undefined ? undefined : ask(program, ['-L']);
  return (list ?? '').split('\n').flatMap((line) => /^GPU \d+: (.*?)(?: \(UUID.*)?$/.exec(line.trim())?.[1] ?? []);
}
