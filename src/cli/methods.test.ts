import { expect, it } from 'vitest';
import { catalogue } from '../objectives/catalogue.js';
import { withoutColours } from './colours.js';
import { describeMethod } from './methods.js';

const kto = catalogue().find(({ name }) => name === 'kto');

it('tells of a method what it learns from, costs and computes', () => {
  if (kto === undefined) throw new Error('kto is a method');
  const lines = describeMethod(kto, withoutColours, false);
  expect(lines[0]).toBe('kto            labelled, reference, 4 + 4 forwards a pair');
  expect(lines[1]).toContain('arXiv 2402.01306');
  expect(lines.join('\n')).not.toContain('objective.');
});

it('lists the settings of one method', () => {
  if (kto === undefined) throw new Error('kto is a method');
  expect(describeMethod(kto, withoutColours, true).join('\n')).toContain('objective.beta = 0.1');
});
