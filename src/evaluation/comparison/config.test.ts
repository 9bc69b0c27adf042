import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compareConfig, parseCompareConfig } from './config.js';

test('the page lists every key', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/evaluation.md', import.meta.url)), 'utf8');
  const keys = page.slice(page.indexOf('## Keys'));
  for (const key of Object.keys(compareConfig.shape)) expect(keys).toContain(`\`${key}\``);
  const config = parseCompareConfig({ systems: ['a'] });
  for (const key of Object.keys(config.generation)) expect(keys).toContain(`\`${key}\``);
});

test('what is unknown or out of range is refused by name', () => {
  expect(() => parseCompareConfig({ systems: ['a'], prompt: 'x' })).toThrow('compare: unknown key "prompt".');
  expect(() => parseCompareConfig({ systems: [] })).toThrow(/compare: "systems" is \[\]/);
  expect(() => parseCompareConfig({ systems: [{ source: 'a', name: '../x' }] })).toThrow(/compare: "systems/);
  expect(() => parseCompareConfig({ systems: ['a'], judge: { kind: 'oracle' } })).toThrow(/"judge/);
  expect(() => parseCompareConfig('x')).toThrow('compare must be a mapping of keys to values.');
});
