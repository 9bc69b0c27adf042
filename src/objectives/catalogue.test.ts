import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { catalogue } from './catalogue.js';
import { onlineMethods } from './online/registry.js';
import { methods } from './registry.js';

it('says of every method what people need to choose it', () => {
  const entries = catalogue();
  expect(entries.map(({ name }) => name).sort()).toEqual(Object.keys({ ...methods, ...onlineMethods }).sort());
  for (const [name, method] of Object.entries({ ...methods, ...onlineMethods })) expect(method.name).toBe(name);
  for (const { name, formula, source, use, settings } of entries) {
    for (const text of [formula, source, use]) expect(text.length, name).toBeGreaterThan(3);
    for (const { key, meaning } of settings) expect(meaning.length, `${name} ${key}`).toBeGreaterThan(3);
  }
});

it('counts the forward passes of a pair of responses', () => {
  const forwards = new Map(catalogue().map((entry) => [entry.name, entry.forwards]));
  expect(forwards.get('sft')).toEqual({ policy: 1, reference: 0 });
  expect(forwards.get('orpo')).toEqual({ policy: 2, reference: 0 });
  expect(forwards.get('dpo')).toEqual({ policy: 2, reference: 2 });
  // each response under its own prompt and under another one
  expect(forwards.get('kto')).toEqual({ policy: 4, reference: 4 });
  // sampled, looked at once and gone over four times, by policy and critic
  expect(forwards.get('ppo')).toEqual({ policy: 20, reference: 2 });
  expect(forwards.get('grpo')).toEqual({ policy: 4, reference: 0 });
  expect(forwards.get('odds-kto')).toEqual({ policy: 4, reference: 0 });
});

it('a method is a file of at most 40 lines', () => {
  const named = readFileSync(new URL('named.ts', import.meta.url), 'utf8');
  const files = [...named.matchAll(/from '\.\/(.*)\.js'/g)].map(([, file]) => `${file}.ts`);
  expect(files.length).toBe(Object.keys(methods).length - 1);
  // ORPO logs what only ORPO has
  for (const file of files.filter((name) => name !== 'orpo.ts')) {
    const lines = readFileSync(new URL(file, import.meta.url), 'utf8')
      .trimEnd()
      .split('\n').length;
    expect(lines, file).toBeLessThanOrEqual(40);
  }
});
