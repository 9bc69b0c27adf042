/** Python environments of the peers, each made once under the cache; what cannot be had is named, and its cases are skipped. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { cache } from '../inputs/models.mjs';

const TCMALLOC = [
  '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4',
  '/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4',
];
/** Packages that are only downloaded are there sooner. */
const INSTALL_MINUTES = 20;
const BUILD_MINUTES = 30;

/** Python with torch, transformers, TRL and PEFT at the versions of test/fixtures/requirements.txt. */
export function trlPython() {
  return environment({
    name: 'trl-venv',
    given: process.env.ORPO_BENCH_VENV,
    check: 'import trl, peft, transformers',
    ways: [[['torch==2.13.0'], ['-r', join(root, 'test/fixtures/requirements.txt')]]],
  });
}

/**
 * Python with llama.cpp: built here, so that it uses all this CPU has, or else a wheel that holds its libraries.
 *
 * @throws Error that names why neither could be had
 */
export function llamaCppPython() {
  return environment({
    name: 'llama-cpp-venv',
    given: process.env.ORPO_BENCH_LLAMA_VENV,
    check:
      'import importlib.util as u\nif u.find_spec("llama_cpp"): import llama_cpp\nelse: from llama_cpp_py_sync import Llama; Llama.print_system_info()',
    ways: [[['llama-cpp-python==0.3.36']], [['--only-binary', ':all:', 'llama-cpp-py-sync==0.11739']]],
    minutes: BUILD_MINUTES,
    env: { CMAKE_ARGS: '-DGGML_NATIVE=ON', CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()) },
  });
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

const faults = new Map();

/** The Python of an environment; the ways to fill it are tried in their order. */
function environment({ name, given, check, ways, minutes = INSTALL_MINUTES, env = {} }) {
  const folder = given ?? join(cache, name);
  const python = join(folder, 'bin/python');
  const done = join(folder, 'orpo-bench-ready');
  if (given !== undefined || existsSync(done)) return python;
  if (faults.has(name)) throw faults.get(name);
  if (existsSync(python) && succeeds(python, ['-c', check], { minutes: 2 }) === undefined) return python;
  const reasons = [];
  for (const way of ways) {
    console.error(`installing ${way.flat().at(-1)} into an environment of its own, ${minutes} minutes at most …`);
    rmSync(folder, { recursive: true, force: true });
    const steps = [
      ['python3', ['-m', 'venv', folder]],
      ...way.map((packages) => [python, ['-m', 'pip', 'install', '-q', ...packages]]),
      [python, ['-c', check]],
    ];
    const fault = steps.reduce(
      (before, [command, args]) => before ?? succeeds(command, args, { minutes, env }),
      undefined,
    );
    if (fault === undefined) {
      writeFileSync(done, '');
      return python;
    }
    reasons.push(fault);
  }
  const fault = new Error(reasons.join('; '));
  faults.set(name, fault);
  throw fault;
}

/** Undefined when a command succeeds, else why not. */
function succeeds(command, args, { minutes, env = {} }) {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: minutes * 60_000,
    env: { ...process.env, ...env },
  });
  if (status === 0) return undefined;
  const last = (stderr ?? '').trim().split('\n').at(-1);
  return `${args.at(-1)?.split('\n')[0]}: ${error?.code === 'ETIMEDOUT' ? `not done in ${minutes} minutes` : last}`;
}
