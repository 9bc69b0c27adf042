import { freemem, totalmem } from 'node:os';

import { cacheFolder } from '../../cache-folder.js';
import { OrpoError } from '../../errors.js';
import { addonPath } from './compile-addon.js';
import { compilerVersion, findCompiler, NO_COMPILER_HINT } from './compiler.js';
import { type CpuFeatures, cpuFeatures } from './cpu.js';
import { type FoundTorch, findTorch } from './find-torch.js';
import { gpuNames } from './gpu.js';
import { choosePrecision, type PrecisionChoice } from './precision.js';
import { ask, findProgram } from './programs.js';

/** Something that keeps the engine from working, or from working well, and what to do about it. */
export interface Problem {
  readonly what: string;
  readonly mend: string;
}

/** The state of the engine, for people who look for a fault. Sizes in bytes; undefined is what is not there. */
export interface EngineReport {
  readonly torch: FoundTorch | undefined;
  readonly addon: string | undefined;
  readonly cache: string;
  readonly cpu: CpuFeatures;
  /** Threads torch will use: OMP_NUM_THREADS, or the cores. */
  readonly threads: number;
  readonly gpus: readonly string[];
  /** What `device` may be set to here, by what lies on the disk; nothing is loaded. */
  readonly devices: readonly ('cpu' | 'cuda')[];
  readonly memory: { readonly total: number; readonly free: number };
  readonly compiler: string | undefined;
  readonly python: string | undefined;
  /** Of the CPU, where models are computed unless `device` says otherwise. */
  readonly precision: PrecisionChoice;
  readonly problems: readonly Problem[];
}

/** Looks at everything the engine needs, without loading torch and without throwing. */
export function engineReport(): EngineReport {
  const problems: Problem[] = [];
  const torch = attempt(findTorch, problems);
  const addon = torch && attempt(() => addonPath(torch), problems);
  const found = findCompiler();
  const compiler = found && compilerVersion(found);
  const cpu = cpuFeatures();
  const gpus = gpuNames();

  if (torch === undefined && problems.length === 0) {
    problems.push({ what: 'No torch was found.', mend: 'Run `npx orpo setup`, which installs it.' });
  }
  if (torch !== undefined && addon === undefined && problems.length === 0) {
    problems.push({ what: 'The addon is not compiled yet.', mend: 'Run `npx orpo setup`, which compiles it.' });
  }
  if (found === undefined && addon === undefined) {
    problems.push({ what: 'No C++ compiler (g++) was found.', mend: NO_COMPILER_HINT });
  }
  if (gpus.length > 0 && torch !== undefined && torch.cuda === undefined) {
    problems.push({
      what: `There is a GPU, but torch ${torch.version} is built without CUDA, so the device cuda cannot be used.`,
      mend: 'Install a CUDA build of torch, and set ORPO_TORCH to its folder.',
    });
  }
  return {
    torch,
    addon,
    cache: cacheFolder(),
    cpu,
    threads: Number.parseInt(process.env.OMP_NUM_THREADS ?? '', 10) || cpu.cores,
    gpus,
    devices: gpus.length > 0 && torch?.cuda !== undefined ? ['cpu', 'cuda'] : ['cpu'],
    memory: { total: totalmem(), free: freemem() },
    compiler,
    python: pythonVersion(),
    precision: choosePrecision('auto', cpu, false),
    problems,
  };
}

function attempt<T>(step: () => T, problems: Problem[]): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof OrpoError) problems.push({ what: error.message, mend: error.hint });
    else problems.push({ what: String(error), mend: 'Install the package again.' });
    return undefined;
  }
}

function pythonVersion(): string | undefined {
  const python = findProgram('python3');
  return python && ask(python, ['--version'])?.trim();
}
