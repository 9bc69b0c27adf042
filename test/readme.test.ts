import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../src/cli/load-config.js';
import { architectures } from '../src/models/registry.js';
import { catalogue } from '../src/objectives/catalogue.js';
import { parseConfig } from '../src/training/parse-config.js';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const rows = (path: string) => readFileSync(join(root, path), 'utf8').trim().split('\n').length;

describe('what the README says', () => {
  it('leads to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].flatMap(([, path]) => path ?? []);
    const named = [...readme.matchAll(/`((?:src|native|docs|test)\/[^` ]+)`/g)].flatMap(([, path]) => path ?? []);
    expect(links.length).toBeGreaterThan(5);
    for (const path of [...links, ...named]) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('names methods, model families and numbers of pairs that are right', () => {
    const known = catalogue().map(({ name }) => name);
    expect(known.length).toBeGreaterThan(40);
    const [, named = ''] = /more than forty methods: (.+?); whole/.exec(readme) ?? [];
    for (const [, name] of named.matchAll(/`([^`]+)`/g)) expect(known).toContain(name);
    expect(named).toContain('`orpo`');
    expect(architectures()).toHaveLength(11);
    expect(readme).toContain(`from ${rows('examples/support/train.jsonl')} pairs`);
    expect(readme).toContain(`on ${rows('examples/support/held-out.jsonl')} held-out pairs`);
  });

  it.each(['README.md', 'docs/rewards.md'])('%s shows configurations that are accepted', (page) => {
    const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, yaml = ''] of blocks) expect(parseConfig(parseYaml(yaml, page)).output).toMatch(/^runs\//);
  });

  it('shows a configuration that is accepted', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(parseConfig(parseYaml(yaml, 'README.md'))).toMatchObject({ method: 'orpo', output: 'runs/first' });
  });
});
