/** Runs vitest with its usual output and reads the true counts from its JSON report. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * Counts of one run. A file that fails outside of its tests (at import, in a hook) counts as one failed test, and so
 * does a run that ends badly without naming a failed test. `skippedNames` lists what was left out.
 */
export function runVitest(args, env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-vitest-'));
  const output = join(folder, 'report.json');
  try {
    const result = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile=${output}`,
        ...args,
      ],
      { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const files = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')).testResults : [];
    const counts = countTests(files);
    if (result.status !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds up the files of a JSON report. */
export function countTests(files) {
  const counts = { passed: 0, failed: 0, skipped: 0, skippedNames: [] };
  for (const { status, name, assertionResults } of files) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    const left = assertionResults.filter((test) => test.status !== 'failed' && test.status !== 'passed');
    counts.passed += assertionResults.filter((test) => test.status === 'passed').length;
    counts.failed += status === 'failed' && failed === 0 ? 1 : failed;
    counts.skipped += left.length;
    counts.skippedNames.push(...left.map((test) => test.fullName || name));
  }
  return counts;
}

/** The closing line, and the exit code that goes with it: 1 when something failed or nothing ran. */
export function close({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
