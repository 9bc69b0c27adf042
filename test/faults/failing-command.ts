import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Whether the command line is there to be run: `npm run build` makes it. */
export const built = existsSync(cli);

export interface Failure {
  readonly status: number | null;
  readonly code: string;
  /** Sentence and hint. */
  readonly text: string;
}

export interface FailingOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Kilobytes that a file may grow to, as on a disk without room. */
  readonly mostKilobytes?: number;
}

/**
 * Runs a verb under `--json` and returns the error it ends with, after checking what holds for all of them: one JSON error as
 * the last line of a stdout that holds nothing else, the same words for people on stderr, and no stack.
 */
export function failingCommand(args: readonly string[], options: FailingOptions = {}): Failure {
  const command = [process.execPath, cli, ...args, '--json'];
  const limit = options.mostKilobytes;
  const [program = '', ...rest] =
    limit === undefined ? command : ['bash', '-c', `ulimit -f ${limit}; exec "$@"`, 'bash', ...command];
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: 'utf8',
    env: { ...process.env, ...options.environment },
    timeout: 120_000,
  });
  const records = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const last = records.at(-1);
  expect(last).toEqual({
    type: 'error',
    code: expect.any(String),
    message: expect.stringMatching(/[.?!]$/),
    hint: expect.stringMatching(/./),
  });
  expect(records.filter((record) => JSON.stringify(record).includes('"type":"error"'))).toHaveLength(1);
  const error = { code: '', message: '', hint: '', ...(typeof last === 'object' ? last : {}) };
  expect(error.code).not.toBe('internal');
  expect(stderr).toContain(`error ${error.message}\n hint ${error.hint}\n`);
  expect(stderr).not.toMatch(/^\s+at /m);
  return { status, code: error.code, text: `${error.message} ${error.hint}` };
}
