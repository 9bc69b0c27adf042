/**
 * Makes a fresh clone ready to use: node packages, compiled sources, engine. Each step is skipped when its result is
 * up to date. Plain JavaScript without packages, because it runs before there are any. Progress goes to stderr, so
 * that a caller's stdout stays its own.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A step that failed: the sentence says what, the remedy what to do about it, details what the tool printed. */
export class SetupError extends Error {
  constructor(message, remedy, details = '') {
    super(message);
    this.remedy = remedy;
    this.details = details;
  }
}

/** Prepares the repository; with `engine: false` only packages and sources. Throws SetupError. */
export function setup({ engine = true } = {}) {
  installPackages();
  buildSources();
  if (engine) prepareEngine();
}

/** `npm ci`, when the lock file is not the one that node_modules was made from. */
export function installPackages() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Node ${process.versions.node} is too old.`, 'Install Node 20.19 or newer.');
  }
  const stamp = join(root, 'node_modules', '.orpo-stamp');
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!installedMatches(JSON.parse(lock.toString('utf8')))) {
    progress('node packages', () => {
      // a registry mirror may lack packages for other platforms, and `npm ci` refuses a lock made there
      let answer = '';
      for (const verb of [['ci'], ['install', '--no-save']]) {
        const { status, stderr, error } = npm([...verb, '--include=dev']);
        if (status === 0) return;
        answer = error?.message ?? stderr;
      }
      throw new SetupError(
        'The node packages could not be installed.',
        'Check the connection to the npm registry, then run `npm ci` to see the whole answer.',
        answer,
      );
    });
  }
  writeFileSync(stamp, wanted);
}

function npm(args) {
  const script = process.env.npm_execpath;
  const [command, ...before] = script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
  return spawnSync(command, [...before, ...args, '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Whether node_modules already holds what the lock names, as after an `npm install` by hand. */
function installedMatches(lock) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages ?? {};
  return Object.entries(lock.packages).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

/** Compiles src/ into dist/ when a source changed since; other files in src/ are copied beside the output. */
export function buildSources() {
  const sources = [...filesUnder(join(root, 'src'))];
  const hash = createHash('sha256');
  for (const file of [...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')]) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${relative(root, file)}\0${mtimeMs}\0${size}\n`);
  }
  const wanted = hash.digest('hex');
  const stamp = join(root, 'dist', '.stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(stamp, { force: true });
  progress('sources', () => {
    removeOrphans(new Set(sources.map((file) => relative(join(root, 'src'), file))));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const result = spawnSync(process.execPath, [compiler, '-p', join(root, 'scripts', 'tsconfig.build.json')], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (result.status !== 0) {
      throw new SetupError(
        'The sources do not compile.',
        'Mend what the compiler names.',
        result.stdout + result.stderr,
      );
    }
    for (const file of sources.filter((path) => extname(path) !== '.ts' && !testMaterial.test(relative(root, path)))) {
      const target = join(root, 'dist', relative(join(root, 'src'), file));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file, target);
    }
  });
  writeFileSync(stamp, wanted);
}

// what only tests read does not go into the package
const testMaterial = /[\\/](testing|testdata)[\\/]/;

/** Removes compiled files whose source is gone; the compiler itself never does. */
function removeOrphans(sources) {
  for (const file of filesUnder(join(root, 'dist'))) {
    const name = relative(join(root, 'dist'), file);
    const stem = /^(.*?)(\.d\.ts|\.js|\.js\.map)$/.exec(name)?.[1];
    if (stem !== undefined && !sources.has(name) && !sources.has(`${stem}.ts`)) rmSync(file);
  }
}

/** Lets the command line find or install libtorch and compile the addon; quick when both are there. */
export function prepareEngine() {
  const result = spawnSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'setup'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) {
    throw new SetupError(
      'The engine is not ready.',
      'The lines above say why; `node dist/cli/main.js doctor` says more.',
    );
  }
}

function* filesUnder(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

/** Prints `· name … done in 9 s` around a step. */
export function progress(name, step) {
  const begin = Date.now();
  process.stderr.write(`· ${name} … `);
  try {
    step();
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
  process.stderr.write(`done in ${Math.max(1, Math.round((Date.now() - begin) / 1000))} s\n`);
}

/** Prints a SetupError for people: what the tool said last, then the sentence and the remedy. */
export function report(error) {
  const details = error.details.trim().split('\n').slice(-20).join('\n');
  if (details !== '') process.stderr.write(`${details}\n`);
  process.stderr.write(`${error.message} ${error.remedy}\n`);
}

/** What a step of a script returns; ends the process with code 1 and a readable reason when it fails. */
export function orExit(step) {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    report(error);
    process.exit(1);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) orExit(() => setup());
