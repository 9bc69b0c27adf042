import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cpuFlags } from './cpu.js';
import type { FoundTorch } from './find-torch.js';
import { packageRoot } from './paths.js';

/** The C++ sources of the addon. */
export interface NativeSources {
  readonly folder: string;
  /** What is compiled as one, by the name of its unit. */
  readonly units: ReadonlyMap<string, readonly string[]>;
  readonly headers: readonly string[];
  /** The source of the library that loads the addon ahead. */
  readonly preloader: string;
}

/** Finds the addon's sources in the package. */
export function nativeSources(): NativeSources {
  const folder = join(packageRoot(), 'native');
  return {
    folder,
    units: new Map([
      ['runtime', filesIn(folder, '.cc')],
      ['kernels', filesIn(join(folder, 'kernels'), '.cc')],
    ]),
    headers: [...filesIn(folder, '.h'), ...filesIn(join(folder, 'kernels'), '.h')],
    preloader: join(folder, 'preload', 'preload.cc'),
  };
}

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Flags of every compile. The wheels are built for the C++11 ABI of the standard library, so the addon must be too. Warnings
 * are left to the tests: a compiler newer than ours may have new ones, and who installs the package cannot mend them.
 */
export function compileFlags(torch: FoundTorch, sources: NativeSources): string[] {
  const systemFolders = [
    join(torch.folder, 'include'),
    join(torch.folder, 'include', 'torch', 'csrc', 'api', 'include'),
    nodeHeaders(),
  ];
  return [...codeFlags(), ...systemFolders.flatMap((folder) => ['-isystem', folder]), `-I${sources.folder}`];
}

function nodeHeaders(): string {
  return join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');
}

/** What code is made for: this machine, or a kind of CPU named by ORPO_MARCH, for an addon that other machines use too. */
function targetCpu(): string {
  return process.env.ORPO_MARCH || 'native';
}

/** The flags that decide what code comes out, wherever the sources lie. */
function codeFlags(): string[] {
  // kernels run on libtorch's OpenMP threads; Apple's compiler knows the pragmas for vector code alone
  const openmp = process.platform === 'darwin' ? '-fopenmp-simd' : '-fopenmp';
  const abi = '-D_GLIBCXX_USE_CXX11_ABI=1';
  // as libtorch is built: the checks of its headers look at members that only a debug library sets
  const release = '-DNDEBUG';
  const machine = `-march=${targetCpu()}`;
  return ['-std=c++20', '-O3', release, '-fno-math-errno', '-fno-trapping-math', openmp, '-fPIC', machine, abi];
}

/** Flags that link the objects into a Node addon which finds this torch's libraries by itself. */
export function linkFlags(torch: FoundTorch): string[] {
  const library = join(torch.folder, 'lib');
  const rpath = ['-Xlinker', '-rpath', '-Xlinker', library];
  const libraries = [`-L${library}`, '-ltorch_cpu', '-lc10', ...rpath];
  return [...libraryFlags(), ...(process.platform === 'darwin' ? [] : ['-Wl,--no-as-needed']), ...libraries];
}

const PRELOADER_CODE = ['-std=c++20', '-O2', '-fPIC', '-pthread'];

/** Flags of the one call that makes the library which loads the addon ahead; it needs neither libtorch nor OpenMP. */
export function preloaderFlags(): string[] {
  return [...PRELOADER_CODE, '-isystem', nodeHeaders(), ...libraryFlags()];
}

/**
 * Flags that make a library which Node can load, and which stays when the worker that loaded it ends. macOS resolves Node's
 * own symbols when it is loaded.
 */
function libraryFlags(): string[] {
  return process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-Wl,-z,nodelete'];
}

/**
 * Sixteen hexadecimal digits that change with whatever the compiled addon depends on: sources, flags, torch, and the CPU
 * where it is made for this machine. Copies of the package in different folders share one addon.
 */
export function addonKey(torch: FoundTorch, sources: NativeSources): string {
  const hash = createHash('sha256');
  for (const file of [...[...sources.units.values()].flat(), ...sources.headers, sources.preloader]) {
    hash
      .update(`${file.slice(sources.folder.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  const rest = [torch.version, ...codeFlags(), ...linkFlags(torch), ...PRELOADER_CODE, process.platform, process.arch];
  return hash
    .update([...rest, ...(targetCpu() === 'native' ? cpuFlags() : [])].join('\0'))
    .digest('hex')
    .slice(0, 16);
}
