import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from '../../cache-folder.js';
import { OrpoError } from '../../errors.js';
import { findCompiler, NO_COMPILER_HINT } from './compiler.js';
import type { FoundTorch } from './find-torch.js';
import { addonKey, compileFlags, linkFlags, nativeSources, preloaderFlags } from './native-sources.js';
import { PRELOADER } from './preload.js';
import { type ProgramResult, runProgram } from './programs.js';
import { makeFolder } from './staging.js';

export interface ProgressOptions {
  readonly onProgress?: ((message: string) => void) | undefined;
}

// each needs about 1 GB, so more at once is not always faster
const PARALLEL_COMPILES = 2;

/** The addon compiled from the present sources for this torch and this CPU, or undefined when there is none yet. */
export function addonPath(torch: FoundTorch): string | undefined {
  const path = join(addonFolder(torch), 'orpo.node');
  return existsSync(path) ? path : undefined;
}

function addonFolder(torch: FoundTorch): string {
  return join(cacheFolder(), 'addon', `${torch.version}-${addonKey(torch, nativeSources())}`);
}

/**
 * Compiles the addon for this torch, or finds it compiled; returns its path. Takes about half a minute. Throws `engine` when
 * there is no compiler or the sources do not compile, `disk` when the cache has no room.
 */
export async function compileAddon(torch: FoundTorch, options: ProgressOptions = {}): Promise<string> {
  const target = addonFolder(torch);
  const ready = join(target, 'orpo.node');
  if (existsSync(ready)) return ready;
  const compiler = findCompiler();
  if (compiler === undefined) {
    throw new OrpoError('engine', 'No C++ compiler (g++) was found.', NO_COMPILER_HINT);
  }
  const sources = nativeSources();
  const flags = [...compiler.args, ...compileFlags(torch, sources)];
  await makeFolder(target, async (staging) => {
    options.onProgress?.(`compiling the addon for torch ${torch.version} (about half a minute)`);
    const units = [...sources.units].map(([name, files]) => ({ name, files, object: join(staging, `${name}.o`) }));
    await inParallel(units, async ({ name, files, object }) => {
      const unit = join(staging, `${name}.cc`);
      writeFileSync(unit, files.map((file) => `#include ${JSON.stringify(file)}\n`).join(''));
      const result = await runProgram(compiler.program, [...flags, '-c', unit, '-o', object]);
      expectSuccess(result, `The C++ sources of the ${name} do not compile against torch ${torch.version}`);
      rmSync(unit);
    });
    options.onProgress?.('linking the addon');
    const objects = units.map(({ object }) => object);
    const output = join(staging, 'orpo.node');
    const args = [...compiler.args, ...objects, ...linkFlags(torch), '-o', output];
    expectSuccess(await runProgram(compiler.program, args), `The addon does not link with torch ${torch.version}`);
    for (const object of objects) rmSync(object);
    const preloader = [...preloaderFlags(), sources.preloader, '-o', join(staging, PRELOADER)];
    const made = await runProgram(compiler.program, [...compiler.args, ...preloader]);
    expectSuccess(made, 'The C++ source of the preloader does not compile');
  });
  return ready;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  let failed = false;
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined && !failed; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL_COMPILES }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function expectSuccess({ status, output }: ProgramResult, problem: string): void {
  if (status === 0) return;
  if (/no space left on device/i.test(output)) {
    throw new OrpoError(
      'disk',
      `There is no room to compile the addon in ${cacheFolder()} or the temporary folder.`,
      'Free 200 MB, or set ORPO_CACHE and TMPDIR to folders with room.',
    );
  }
  // the compiler is killed when memory runs out, and says so only in part
  const killed = status === undefined || /killed|cannot allocate memory|out of memory/i.test(output);
  throw new OrpoError(
    'engine',
    `${problem}: ${firstErrors(output)}`,
    killed
      ? 'The compiler was stopped: it needs about 2 GB of free memory.'
      : 'Needs g++ 11 or newer (or clang 14); CXX names another compiler. `npx orpo doctor` shows what was found.',
  );
}

/** The lines of a compiler's answer that name errors, the first three of them. */
export function firstErrors(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\berror\b|undefined reference|cannot find/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(0, 3).join('\n') || 'the compiler gave no reason';
}
