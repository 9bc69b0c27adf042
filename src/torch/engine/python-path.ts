import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

import { cacheFolder } from '../../cache-folder.js';
import { ask, findProgram } from './programs.js';

// what moves Python's search path without changing the program
const VARIABLES = [
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONNOUSERSITE',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYENV_VERSION',
  'HOME',
];

/**
 * The folders in which the `python3` on PATH looks for packages; none when there is no Python. Python is asked once and the
 * answer kept in the cache, because starting it takes longer than everything else here.
 */
export function pythonSearchPath(): readonly string[] {
  const python = findProgram('python3');
  if (python === undefined) return [];
  const key = describe(python);
  const file = join(cacheFolder(), 'engine', 'python.json');
  const known = readAnswers(file);
  const answer = known[key];
  if (answer !== undefined) return answer;
  const printed = ask(python, ['-c', 'import json, sys; print(json.dumps(sys.path))']);
  if (printed === undefined) return [];
  const folders = texts(JSON.parse(printed)).filter(isAbsolute);
  // a few answers are enough, and old ones name programs that are gone
  writeAnswers(file, Object.fromEntries([...Object.entries(known).slice(-7), [key, folders]]));
  return folders;
}

function describe(python: string): string {
  const { mtimeMs, size } = statSync(python);
  const parts = [python, String(mtimeMs), String(size), ...VARIABLES.map((name) => process.env[name] ?? '')];
  // a wrapper script may choose the Python by folder
  if (isScript(python)) parts.push(process.cwd());
  return parts.join('|');
}

function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === '#!';
}

function readAnswers(file: string): Record<string, string[]> {
  try {
    const answers: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof answers !== 'object' || answers === null) return {};
    return Object.fromEntries(Object.entries(answers).map(([key, value]) => [key, texts(value)]));
  } catch {
    return {};
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function writeAnswers(file: string, answers: Record<string, string[]>): void {
  const staging = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(staging, JSON.stringify(answers));
    renameSync(staging, file);
  } catch {
    // a cache that cannot be written only costs time
  }
}
