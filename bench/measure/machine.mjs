/** What a benchmark ran on. */
import { cpus, loadavg, totalmem } from 'node:os';

export async function describeMachine(precisionSetting) {
  const { cpuFeatures } = await import('../../dist/torch/engine/cpu.js');
  const { choosePrecision } = await import('../../dist/torch/engine/precision.js');
  const { threads, versions } = await import('../../dist/torch/index.js');
  const cpu = cpuFeatures();
  const heldTo = process.env.ATEN_CPU_CAPABILITY === 'avx2' ? 'avx2' : undefined;
  const { precision } = choosePrecision(precisionSetting, cpu, false);
  return {
    cpu: cpu.model,
    cores: cpus().length,
    instructions:
      heldTo === undefined
        ? ['avx2', 'avx512', 'avx512Bf16', 'amxBf16'].filter((name) => cpu[name])
        : [`${heldTo} alone, though the CPU has more`],
    heldTo,
    memoryBytes: totalmem(),
    threads: threads(),
    node: process.versions.node,
    torch: versions().torch,
    precision,
    // the column of targets: multiplies bf16 in hardware or not
    class: precision === 'bf16' ? 'bf16' : 'fp32',
    load: loadavg()[0],
  };
}

/** `AMD EPYC 9B14` on 2 cores -> `amd-epyc-9b14-2-cores`, with `-avx2` behind it where that is all that may be used. */
export function machineSlug({ cpu, cores, heldTo }) {
  const name = cpu
    .toLowerCase()
    .replaceAll(/\((r|tm)\)|processor|cpu|@.*$/g, ' ')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${name}-${cores}-cores${heldTo === undefined ? '' : `-${heldTo}`}`;
}
