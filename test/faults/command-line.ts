import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Whether there is a command line to run: `npm run build` makes it. */
export const isBuilt = existsSync(cli);
if (!isBuilt) console.log(`skipped: ${cli} is not built`);

const record = z.looseObject({ type: z.string(), step: z.number().optional() });

/** One line of `--json`. */
export type OutputRecord = z.output<typeof record>;

export interface Ending {
  /** Exit code; null for a process that a signal ended. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly records: readonly OutputRecord[];
  /** The last line of stdout. */
  readonly last: OutputRecord | undefined;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface Meanwhile {
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory. */
  readonly cwd?: string;
  /** Called once the process is started. */
  onStart?(child: ChildProcess): void;
  /** Called for each line of stdout as it comes. */
  onRecord?(record: OutputRecord, child: ChildProcess): void;
}

/** Runs `orpo … --json` in a process of its own, to its end. */
export function runCli(args: readonly string[], meanwhile: Meanwhile = {}): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [cli, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...meanwhile.env },
      cwd: meanwhile.cwd,
    });
    const records: OutputRecord[] = [];
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = record.safeParse(parsedLine(line));
      // a killed process may leave half a line
      if (!parsed.success) return;
      records.push(parsed.data);
      meanwhile.onRecord?.(parsed.data, child);
    });
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, records, last: records.at(-1), stderr, milliseconds: performance.now() - begun }),
    );
    meanwhile.onStart?.(child);
  });
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
