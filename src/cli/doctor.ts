import type { Command } from 'commander';
import { formatBytes } from '../text/format.js';
import type { EngineReport } from '../torch/engine/report.js';
import { type Colours, withoutColours } from './colours.js';
import { runVerb } from './run-verb.js';

export function register(program: Command): void {
  program
    .command('doctor')
    .description('look at everything the engine needs, and say how to mend what is wrong')
    .action(
      runVerb(async (output) => {
        const { engineReport } = await import('../torch/engine/report.js');
        const report = engineReport();
        const works = report.torch !== undefined && report.addon !== undefined;
        for (const line of describeEngine(report, output.colours)) output.text(line);
        const parts = { torch: report.torch ?? null, addon: report.addon ?? null, compiler: report.compiler ?? null };
        const ground = { node: process.versions.node, python: report.python ?? null };
        output.record({ type: 'result', works, ...report, ...parts, ...ground });
        return works ? 0 : 1;
      }),
    );
}

/** The report as lines for people. */
export function describeEngine(report: EngineReport, colours: Colours = withoutColours): string[] {
  const { bold, dim, green, red, yellow } = colours;
  const { torch, addon, cpu, gpus, memory, precision } = report;
  const row = (good: boolean | undefined, name: string, value: string): string => {
    const mark = good === undefined ? ' ' : good ? green('✓') : red('✗');
    return `${mark} ${bold(name.padEnd(10))} ${value}`;
  };
  const sets = [
    cpu.avx2 && 'AVX2',
    cpu.avx512 && 'AVX512',
    cpu.avx512Bf16 && 'AVX512-BF16',
    cpu.amxBf16 && 'AMX-BF16',
  ].filter((name) => name !== false);
  const cuda = torch?.cuda === undefined ? 'without CUDA' : 'with CUDA';
  const works = torch !== undefined && addon !== undefined;
  const lines = [
    row(
      torch !== undefined,
      'torch',
      torch ? `${torch.version} ${cuda}, ${torch.folder} ${dim(torch.origin)}` : 'none',
    ),
    row(addon !== undefined, 'addon', addon ?? 'not compiled'),
    row(undefined, 'compiler', report.compiler ?? 'none'),
    row(undefined, 'python', report.python ?? 'none'),
    row(undefined, 'node', process.versions.node),
    row(
      undefined,
      'cpu',
      `${cpu.model}, ${report.threads} thread${report.threads === 1 ? '' : 's'}${sets.length === 0 ? '' : `, ${sets.join(' ')}`}`,
    ),
    row(undefined, 'gpu', gpus.length === 0 ? 'none' : gpus.join(', ')),
    row(undefined, 'devices', report.devices.join(', ')),
    row(undefined, 'memory', `${formatBytes(memory.free)} free of ${formatBytes(memory.total)}`),
    row(undefined, 'precision', `${precision.precision} ${dim(`(${precision.why})`)}`),
    row(undefined, 'cache', report.cache),
  ];
  for (const { what, mend } of report.problems) lines.push('', `${yellow('!')} ${what}`, `  ${mend}`);
  lines.push('', works ? green('The engine can run.') : red('The engine cannot run yet.'));
  return lines;
}
