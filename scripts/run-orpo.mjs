/** Runs the built command line as a process of its own, as its users do. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './setup.mjs';

const CLI = join(root, 'dist/cli/main.js');

/** Exit code of a command that was asked to stop and has saved what it had. */
const STOPPED = 143;

/**
 * What `orpo ARGS --json` prints, told to `onRecord` as it comes; undefined where it took longer than `limit` milliseconds
 * and was asked to stop, so that `orpo resume` goes on from there.
 *
 * @throws Error with the end of its stderr when it fails
 */
export function orpo(args, onRecord = () => {}, limit = undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args, '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const records = [];
    const timer = limit === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), limit);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-4000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = JSON.parse(line);
      records.push(record);
      onRecord(record);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(records);
      else if (timer !== undefined && (code === STOPPED || signal === 'SIGTERM')) resolve(undefined);
      else reject(new Error(`orpo ${args.join(' ')} ended with ${code}:\n${errors}`));
    });
  });
}
