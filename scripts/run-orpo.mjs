/** Runs the built command line as a process of its own, as its users do. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './setup.mjs';

const CLI = join(root, 'dist/cli/main.js');

/**
 * What `orpo ARGS --json` prints, told to `onRecord` as it comes.
 *
 * @throws Error with the end of its stderr when it fails
 */
export function orpo(args, onRecord = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args, '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const records = [];
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
    child.on('close', (code) =>
      code === 0 ? resolve(records) : reject(new Error(`orpo ${args.join(' ')} ended with ${code}:\n${errors}`)),
    );
  });
}
