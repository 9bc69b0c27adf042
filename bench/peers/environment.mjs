/** Python environments of the peers, each made once under the cache; what cannot be had is named, and its cases are skipped. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { cache } from '../inputs/models.mjs';

const TCMALLOC = [
  '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4',
  '/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4',
];
const MINUTES = 20;

/** Python with torch, transformers, TRL and PEFT at the versions of test/fixtures/requirements.txt. */
export function trlPython() {
  return environment('trl-venv', process.env.ORPO_BENCH_VENV, [
    ['torch==2.13.0'],
    ['-r', join(root, 'test/fixtures/requirements.txt')],
  ]);
}

/** Python with llama.cpp: a wheel that holds its CPU libraries, so that nothing is built. */
export function llamaCppPython() {
  return environment('llama-cpp-venv', process.env.ORPO_BENCH_LLAMA_VENV, [
    ['--only-binary', ':all:', 'llama-cpp-py-sync==0.11739'],
  ]);
}

/** Variables that make torch fast on a CPU: without tcmalloc TRL takes twice as long. */
export function tunedEnvironment(say) {
  const library = TCMALLOC.find((path) => existsSync(path));
  if (library === undefined) say('tcmalloc is missing (apt-get install libtcmalloc-minimal4): peers run without it');
  return {
    TRL_EXPERIMENTAL_SILENCE: '1',
    HF_HUB_OFFLINE: '1',
    TOKENIZERS_PARALLELISM: 'false',
    ...(library === undefined ? {} : { LD_PRELOAD: library }),
  };
}

function environment(name, given, installs) {
  const folder = given ?? join(cache, name);
  const python = join(folder, 'bin/python');
  const done = join(folder, 'orpo-bench-ready');
  if (given !== undefined || existsSync(done) || works(python, name)) return python;
  console.error(`installing ${installs.flat().at(-1)} into an environment of its own …`);
  run('python3', ['-m', 'venv', folder]);
  for (const install of installs) run(python, ['-m', 'pip', 'install', '-q', ...install]);
  run('touch', [done]);
  return python;
}

/** An environment of an earlier version of this benchmark. */
function works(python, name) {
  const imports = name === 'trl-venv' ? 'import trl, peft, transformers' : 'import llama_cpp_py_sync';
  return existsSync(python) && spawnSync(python, ['-c', imports], { timeout: 120_000 }).status === 0;
}

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: MINUTES * 60_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${(stderr ?? '').slice(-500)}`);
}
