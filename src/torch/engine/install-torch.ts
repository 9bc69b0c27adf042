import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { OrpoError } from '../../errors.js';
import type { ProgressOptions } from './compile-addon.js';
import { type FoundTorch, installedTorch } from './find-torch.js';
import { hasGpu } from './gpu.js';
import { ENGINE_VERSION, engineFolder } from './paths.js';
import { isUnavailable, pipFailure } from './pip-failure.js';
import { ask, findProgram, type ProgramResult, runProgram } from './programs.js';
import { makeFolder } from './staging.js';
import { libraryName } from './torch-folder.js';

// a CUDA build needs these two libraries even where no GPU is; its own search path finds them beside it
const CUDA_LIBRARIES = new Map([
  ['libcudart.so.13', 'nvidia-cuda-runtime==13.0.96'],
  ['libcupti.so.13', 'nvidia-cuda-cupti==13.0.85'],
]);

const GIB = 2 ** 30;
const PIP_OPTIONS = ['--no-input', '--disable-pip-version-check', '--no-compile', '--progress-bar', 'off'];

/**
 * Installs torch with the pip of the `python3` on PATH into our engine folder, and returns it; a killed install leaves nothing
 * that counts. Without a GPU only libtorch comes, without torch's Python packages and CUDA libraries (0.2 to 0.6 GB to
 * download); with one, all of it (3 GB). Throws `engine`, `network` or `disk`.
 */
export async function installTorch(options: ProgressOptions = {}): Promise<FoundTorch> {
  const target = engineFolder();
  const occupied = existsSync(target);
  const there = installedTorch();
  if (there !== undefined) return there;
  const python = findProgram('python3');
  if (python === undefined) {
    throw new OrpoError(
      'engine',
      'No torch was found, and none can be installed, because there is no python3 on PATH.',
      'Install Python 3.10 or newer with pip (`sudo apt install python3-pip`), or set ORPO_TORCH to a torch folder.',
    );
  }
  const gpu = hasGpu();
  expectRoom(dirname(target), gpu ? 10 : 3);
  // folders appear whole, so one that was there and is not taken for a torch is broken
  if (occupied) rmSync(target, { recursive: true, force: true });
  await makeFolder(target, async (staging) => {
    const pip = new Pip(python, staging, options);
    await pip.install([`torch==${ENGINE_VERSION}`], { dependencies: gpu });
    const missing = missingLibraries(staging);
    const packages = missing.flatMap((name) => CUDA_LIBRARIES.get(name) ?? []);
    if (packages.length > 0) await pip.install(packages, { dependencies: false });
    const still = packages.length > 0 ? missingLibraries(staging) : missing;
    if (still.length > 0) throw unloadable(still);
    pip.clean();
  });
  const torch = installedTorch();
  if (torch === undefined) {
    throw new OrpoError(
      'engine',
      `pip installed torch ${ENGINE_VERSION}, but ${target} lacks its libraries or headers.`,
      'Set ORPO_TORCH to a complete torch folder.',
    );
  }
  options.onProgress?.(`torch ${torch.version} is installed in ${target}`);
  return torch;
}

/** pip with one staging folder as its target. */
class Pip {
  readonly #python: string;
  readonly #target: string;
  readonly #temporary: string;
  readonly #options: ProgressOptions;

  constructor(python: string, target: string, options: ProgressOptions) {
    this.#python = python;
    this.#target = target;
    this.#temporary = join(target, '.tmp');
    this.#options = options;
    mkdirSync(this.#temporary);
  }

  async install(packages: readonly string[], options: { dependencies: boolean }): Promise<void> {
    const what = packages.join(' and ').replaceAll('==', ' ');
    this.#options.onProgress?.(`installing ${what} with pip`);
    const chosen = options.dependencies ? packages : ['--no-deps', ...packages];
    const first = await this.#run(chosen);
    if (first.status === 0) return;
    // libtorch does not care for the version of Python, so one that is too old can still fetch it
    const borrowed = ['--python-version', '3.12', '--implementation', 'cp', '--only-binary', ':all:'];
    const second = isUnavailable(first.output) ? await this.#run([...borrowed, ...chosen]) : first;
    if (second.status !== 0) throw pipFailure(what, first.output);
  }

  #run(args: readonly string[]): Promise<ProgramResult> {
    return runProgram(this.#python, ['-m', 'pip', 'install', ...PIP_OPTIONS, '--target', this.#target, ...args], {
      // beside the target, because /tmp is small on many machines and a move inside one disk costs nothing
      environment: { TMPDIR: this.#temporary },
      onLine: (line) => {
        if (/^\s*(Downloading|Installing) /.test(line)) this.#options.onProgress?.(`pip: ${line.trim()}`);
      },
    });
  }

  clean(): void {
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}

/** Shared libraries that libtorch asks for and the loader cannot find. */
function missingLibraries(site: string): string[] {
  // ldd is part of every glibc; elsewhere nothing is known to be missing
  const printed = ask('ldd', [join(site, 'torch', 'lib', libraryName('torch_cpu'))], 60) ?? '';
  return printed.split('\n').flatMap((line) => /^\s*(\S+) => not found/.exec(line)?.[1] ?? []);
}

function unloadable(libraries: readonly string[]): OrpoError {
  return new OrpoError(
    'engine',
    `torch ${ENGINE_VERSION} as pip gives it needs libraries that are not here: ${libraries.join(', ')}.`,
    'Install torch with all its packages (`python3 -m pip install torch`), which is then found by itself.',
  );
}

function expectRoom(folder: string, needed: number): void {
  let free: number;
  try {
    mkdirSync(folder, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    free = (bavail * bsize) / GIB;
  } catch (cause) {
    throw new OrpoError(
      'disk',
      `The cache folder ${folder} cannot be made.`,
      'Make its parent writable, or set ORPO_CACHE to another folder.',
      { cause },
    );
  }
  if (free >= needed) return;
  throw new OrpoError(
    'disk',
    `Installing torch takes ${needed} GB of disk, and ${folder} has ${free.toFixed(1)} GB free.`,
    'Free some, or set ORPO_CACHE to a folder on another disk.',
  );
}
