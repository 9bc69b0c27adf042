import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a program ended; `output` is what it printed, stdout and stderr in the order they came (its last 200,000 characters). */
export interface ProgramResult {
  readonly status: number | undefined;
  readonly output: string;
}

/** The full path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  const places = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter((place) => place !== '');
  return places.map((place) => join(place, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Runs a short program and returns its stdout, or undefined when it cannot be started, fails or takes over `seconds`. */
export function ask(program: string, args: readonly string[], seconds = 10): string | undefined {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: seconds * 1000,
    maxBuffer: 16 * 2 ** 20,
  });
  return status === 0 ? stdout : undefined;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Runs a long program without blocking; it ends with this process. Never rejects: a failed start has no status. */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    const stop = () => child.kill();
    process.once('exit', stop);
    let output = '';
    let line = '';
    const take = (text: string) => {
      output = (output + text).slice(-200_000);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const one of lines) options.onLine?.(one.trimEnd());
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const end = (status: number | undefined, more: string) => {
      process.removeListener('exit', stop);
      resolve({ status, output: output + more });
    };
    child.on('error', (error) => end(undefined, error.message));
    child.on('close', (status) => end(status ?? undefined, ''));
  });
}
