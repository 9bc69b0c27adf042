import { Command } from 'commander';
import { OrpoError } from '../errors.js';
import { Output } from './output.js';

/** What a verb does; a number is the exit code, nothing is 0. */
export type Verb<Args extends readonly unknown[]> = (output: Output, ...args: Args) => Promise<number | undefined>;

/**
 * The action of a commander command: `command.action(runVerb(async (output, file: string, options: Options) => …))`.
 * The arguments are those commander gives. The exit code of the process is set; it ends when nothing is left to do.
 */
export function runVerb<Args extends readonly unknown[]>(verb: Verb<Args>): (...args: Args) => Promise<void> {
  return async (...args) => {
    const output = processOutput(wantsJson(args.at(-1)));
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        if (output.whenClosed === undefined) process.exit();
        output.whenClosed();
      });
    }
    process.exitCode = await performVerb(output, () => verb(output, ...args));
  };
}

/** Runs an action, says what went wrong, and returns the exit code. */
export async function performVerb(
  output: Output,
  action: () => Promise<number | undefined>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  try {
    return (await action()) ?? 0;
  } catch (error) {
    return reportError(output, error, env);
  }
}

/** Says what went wrong; returns the exit code. */
export function reportError(output: Output, error: unknown, env: NodeJS.ProcessEnv = process.env): number {
  const debug = (env.ORPO_DEBUG ?? '') !== '';
  if (error instanceof OrpoError) {
    output.fail(error.code, error.message, error.hint);
    if (debug) output.note(stackOf(error));
    return error.exitCode;
  }
  const message = error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : String(error);
  output.fail(
    'internal',
    `Unexpected ${message}`,
    'Run again with ORPO_DEBUG=1 to see where it came from, and report it.',
  );
  if (debug) output.note(stackOf(error));
  return 1;
}

/** The output of this process. */
export function processOutput(json: boolean): Output {
  return new Output({ json, stdout: process.stdout, stderr: process.stderr, env: process.env });
}

function wantsJson(command: unknown): boolean {
  return command instanceof Command && command.optsWithGlobals().json === true;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
