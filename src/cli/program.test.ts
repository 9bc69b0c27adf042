import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let folder = '';

// the sources as they are, stripped of their types, beside links to all that they look for
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-cli-'));
  for (const name of ['node_modules', 'native', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const name of sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))) {
    const target = join(folder, 'dist', name.replace(/\.ts$/, '.js'));
    const compilerOptions = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
    };
    const { outputText } = ts.transpileModule(readFileSync(join(root, 'src', name), 'utf8'), { compilerOptions });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function orpo(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr, last: () => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') };
}

describe('orpo', () => {
  it('lists its verbs', () => {
    const { status, stdout } = orpo('--help');
    expect(status).toBe(0);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) .*\[options\]/gm)].map(([, verb]) => verb);
    expect(verbs).toEqual(
      'setup doctor methods inspect estimate train resume score eval compare generate chat judge merge demo'.split(' '),
    );
    expect(orpo().stdout).toBe(stdout);
  });

  it.each(
    'setup doctor methods inspect estimate train resume score eval compare generate chat judge merge demo'.split(' '),
  )('%s has --help and --json', (verb) => {
    const { status, stdout } = orpo(verb, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: orpo ${verb}`);
    expect(stdout).toContain('--json');
  });

  it('prints its version', () => {
    expect(orpo('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('refuses an unknown verb and names the nearest', () => {
    const { status, stdout, stderr } = orpo('trian');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('There is no verb "trian".');
    expect(stderr).toContain('orpo train');
    expect(orpo('trian', '--json').last()).toMatchObject({ type: 'error', code: 'usage' });
  });

  it('takes help for a verb too', () => {
    expect(orpo('help')).toMatchObject({ status: 0, stdout: orpo('--help').stdout });
    expect(orpo('help', 'train')).toMatchObject({ status: 0, stdout: orpo('train', '--help').stdout });
  });

  it.each([
    [['inspect', 'a.jsonl', '--limt', '3']],
    [['inspect', 'a.jsonl', '--limit', 'many']],
    [['inspect']],
    [['resume', 'a', 'b']],
  ])('refuses wrong use: %j', (args) => {
    const { status, stderr, last } = orpo(...args, '--json');
    expect(status).toBe(2);
    expect(last()).toMatchObject({
      type: 'error',
      code: 'usage',
      hint: expect.stringContaining(`orpo ${args[0]} --help`),
    });
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses an unknown key of a configuration, and says which is meant', () => {
    writeFileSync(
      join(folder, 'run.yaml'),
      'method: orpo\nmodel: m\noutput: out\ndata: { train: a.jsonl, maxLenght: 8 }\n',
    );
    const { status, last } = orpo('train', 'run.yaml', '--json');
    expect(status).toBe(2);
    expect(last()).toMatchObject({ type: 'error', code: 'config' });
    expect(last().message).toContain('run.yaml');
    expect(last().message).toContain('maxLenght');
    expect(last().hint).toContain('maxLength');
  });

  it('refuses to resume what is no run', () => {
    const { status, last } = orpo('resume', 'nowhere', '--json');
    expect(status).toBe(2);
    expect(last()).toMatchObject({ type: 'error', code: 'run' });
  });

  it('inspects a file', () => {
    writeFileSync(join(folder, 'a.jsonl'), '{"prompt": "p ", "chosen": "yes", "rejected": "no"}\n');
    const { status, last, stderr } = orpo('inspect', 'a.jsonl', '--json');
    expect(status).toBe(0);
    expect(last()).toMatchObject({ type: 'result', rows: 1, usable: 1, kind: 'preference' });
    expect(stderr).toContain('1, of which 1 usable');
    expect(orpo('inspect', 'none.jsonl').status).toBe(2);
  });
});
