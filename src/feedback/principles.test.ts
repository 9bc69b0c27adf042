import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { principleOf, readPrinciples } from './principles.js';
import { temporaryFolder } from './testing/tiny-model.js';

const folder = temporaryFolder();

it('ships principles, of which each row draws one', () => {
  const own = readPrinciples();
  expect(own.length).toBeGreaterThanOrEqual(10);
  expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
  const drawn = Array.from({ length: 600 }, (_, index) => principleOf(own, 7, index)?.name);
  for (const { name } of own) {
    expect(drawn.filter((one) => one === name).length, name).toBeGreaterThan(600 / own.length / 2);
  }
  expect(Array.from({ length: 600 }, (_, index) => principleOf(own, 7, index)?.name)).toEqual(drawn);
  expect(Array.from({ length: 600 }, (_, index) => principleOf(own, 8, index)?.name)).not.toEqual(drawn);
});

it.each([
  ['[]', /the list/],
  ['- name: a\n  critique: b\n  revision: c', /entry 1: preference/],
  ['- {name: a, critique: b, revision: c, preference: d, more: e}', /entry 1/],
  ['a: [', /cannot be read/],
])('refuses the list %j', (text, message) => {
  const path = join(folder, 'list.yaml');
  writeFileSync(path, text);
  expect(() => readPrinciples(path)).toThrow(message);
});
