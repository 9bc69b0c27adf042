/**
 * `npm test`: setup, lint, types, floors, then every test. Each of the three checks counts as one test, and so does a
 * setup step that fails. The last line is `N passed, N failed`. With arguments, only vitest runs, with them.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSources, installPackages, prepareEngine, report, root, SetupError } from './setup.mjs';
import { close, runVitest } from './vitest.mjs';

const modules = join(root, 'node_modules');
const checks = [
  ['lint', join(modules, '@biomejs', 'biome', 'bin', 'biome'), ['ci', '--colors=off', '.']],
  ['types', join(modules, 'typescript', 'bin', 'tsc'), ['-p', join(root, 'scripts', 'tsconfig.check.json')]],
  [
    'floors',
    join(modules, 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    ['src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
  ],
];

/** Whether a step of the setup went well; says why when it did not. */
function prepared(step) {
  try {
    step();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    report(error);
    return false;
  }
}

/** Runs one check; its output is shown only when it fails. */
function check([name, script, args]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
  console.log(`${status === 0 ? '✓' : '✗'} ${name}`);
  if (status !== 0) console.log(`${stdout}${stderr}`.trimEnd());
  return status === 0;
}

function main(args) {
  if (!prepared(installPackages)) return { passed: 0, failed: 1, skipped: 0 };
  const ready = prepared(buildSources) && prepared(prepareEngine);
  const results = args.length > 0 ? [] : checks.map(check);
  const tests = runVitest(args);
  return {
    passed: tests.passed + results.filter(Boolean).length,
    // no test at all is a failure: the three checks alone say nothing about behaviour
    failed: tests.failed + results.filter((good) => !good).length + (ready && tests.passed + tests.failed > 0 ? 0 : 1),
    skipped: tests.skipped,
  };
}

close(main(process.argv.slice(2)));
