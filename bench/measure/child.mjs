/** Runs one side of a case in a process of its own and reads the result it prints last. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';

/** As it was before libtorch was loaded here, which sets variables that no peer should inherit. */
const environment = { ...process.env };

/**
 * `{ command, args, env }` -> the last line of its stdout as JSON, with the wall time of the whole process beside it.
 *
 * @throws Error naming the end of stderr when it fails, prints no result, or takes more than `seconds`
 */
export async function runSide({ command, args, env = {} }, seconds) {
  const begun = performance.now();
  const child = spawn(command, args, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  let late = false;
  const clock = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearTimeout(clock));
  const wall = (performance.now() - begun) / 1000;
  if (late) throw new Error(`it took more than ${Math.round(seconds)} s`);
  const last = out.text().trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !last.startsWith('{')) throw new Error(`${basename(args[0])}: ${reasonIn(err.text())}`);
  return { ...JSON.parse(last), wall_seconds: wall };
}

/** The line that names the fault, then the end of all that was said. */
function reasonIn(text) {
  const lines = text.trim().split('\n');
  const fault = lines.findLast((line) => /error|exception|hint/i.test(line) && !/^\s+at /.test(line));
  return `${(fault ?? lines.at(-1) ?? 'no reason given').trim()}\n${lines.slice(-25).join('\n')}`;
}

function collect(stream) {
  const parts = [];
  stream.on('data', (part) => parts.push(part));
  return { text: () => Buffer.concat(parts).toString('utf8') };
}
