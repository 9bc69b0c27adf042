/** `npm run demo`: everything from a fresh clone to the demo's own output. Arguments go to the demo. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { orExit, root, setup } from './setup.mjs';

orExit(() => setup());
const demo = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// a terminal sends Ctrl-C to both; the demo saves and ends first, and its exit code is passed on
process.on('SIGINT', () => {});
process.on('SIGTERM', () => demo.kill('SIGTERM'));
demo.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
