import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readLines, smallConfig } from './faults/small-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/adding-a-method.md'), 'utf8');

/** The code blocks of the page in one language. */
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].flatMap(([, code]) => code ?? []);

let copy: string;

function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'orpo-adding-'));
  for (const name of ['src', 'tsconfig.json', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['node_modules', 'native']) symlinkSync(join(root, name), join(copy, name));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('the page on adding a method says what is needed, and no more', () => {
  const [file = '', line = ''] = blocks('ts');
  const [settings = ''] = blocks('yaml');
  expect(file.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  expect(line.trimEnd().split('\n')).toHaveLength(1);
  const name = /`src\/objectives\/([a-z-]+)\.ts`:/.exec(page)?.[1] ?? '';
  writeFileSync(join(copy, `src/objectives/${name}.ts`), file);
  appendFileSync(join(copy, 'src/objectives/named.ts'), line);

  const compiled = node(join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');
  expect(compiled.stdout + compiled.stderr).toBe('');
  // the engine's addon is compiled for the folder its sources lie in: this copy uses the one that is there
  rmSync(join(copy, 'dist/torch'), { recursive: true });
  symlinkSync(join(root, 'dist/torch'), join(copy, 'dist/torch'));

  const listed = node('dist/cli/main.js', 'methods', name, '--json');
  expect(listed.status, listed.stderr).toBe(0);
  expect(JSON.parse(listed.stdout.split('\n')[0] ?? '')).toMatchObject({ type: 'method', name, data: 'pair' });

  const config = { ...smallConfig(copy, 'run', { maxSteps: 3 }), ...parse(settings) };
  writeFileSync(join(copy, 'config.json'), JSON.stringify(config));
  const trained = node('dist/cli/main.js', 'train', 'config.json', '--json');
  expect(trained.status, trained.stderr).toBe(0);
  const steps = readLines(join(copy, 'run/metrics.jsonl'));
  expect(steps.filter((record) => JSON.stringify(record).includes('"type":"step"'))).toHaveLength(3);
});
