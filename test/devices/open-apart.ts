import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, NO_COMPILER_HINT } from '../../src/torch/engine/compiler.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { compileFlags, linkFlags, nativeSources } from '../../src/torch/engine/native-sources.js';
import { runProgram } from '../../src/torch/engine/programs.js';

/** The device of apart.cc, where models can be moved to. */
export interface Apart {
  readonly device: string;
  /** How often the program waited for the device since it was last asked. */
  waits(): number;
  /** Calls of flash attention since it was last asked. */
  flashCalls(): number;
}

/** Compiles the device, about ten seconds, and puts it beside the CPU. */
export async function openApart(): Promise<Apart> {
  const { torch } = await ensureEngine({ install: false });
  const compiler = findCompiler();
  if (compiler === undefined) throw new Error(NO_COMPILER_HINT);
  const folder = mkdtempSync(join(tmpdir(), 'orpo-apart-'));
  try {
    const output = join(folder, 'apart.node');
    const source = fileURLToPath(new URL('apart.cc', import.meta.url));
    const warnings = ['-Wall', '-Wextra', '-Werror'];
    const flags = [...compileFlags(torch, nativeSources()), '-O1', ...warnings, source, ...linkFlags(torch)];
    const made = await runProgram(compiler.program, [...compiler.args, ...flags, '-o', output]);
    if (made.status !== 0) throw new Error(made.output);
    const library: unknown = createRequire(import.meta.url)(output);
    if (!isCounting(library)) throw new Error('apart.cc exports waits() and flashCalls()');
    return { device: 'apart:0', waits: () => library.waits(), flashCalls: () => library.flashCalls() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isCounting(library: unknown): library is Pick<Apart, 'waits' | 'flashCalls'> {
  const has = (name: string) => typeof library === 'object' && library !== null && name in library;
  return has('waits') && has('flashCalls');
}
