import { expect, it } from 'vitest';
import { figureRows } from '../evaluation/comparison/figure-table.js';
import { exampleComparison } from '../evaluation/comparison/testing/example.js';
import { withoutColours } from './colours.js';
import { evaluationLines } from './evaluation-lines.js';

const example = exampleComparison();
const [base, , orpo] = example.systems;
const one = { ...example, systems: [base, orpo].filter((system) => system !== undefined) };

it('shows every figure of a system with its interval and what it rests on', () => {
  const lines = evaluationLines(one, withoutColours);
  const at = lines.findIndex((line) => line.startsWith('  accuracy '));
  expect(lines[at - 1]).toBe('held-out pairs');
  expect(lines[at]).toMatch(/^ {2}accuracy +52\.0% n 50 +72\.0% n 50$/);
  expect(lines[at + 1]).toMatch(/^ +39\.0% to 65\.0% +59\.0% to 85\.0%$/);
  for (const { label } of figureRows(one)) expect(lines.some((line) => line.startsWith(`  ${label}`))).toBe(true);
  expect(lines.at(-1)).toBe(`missing: ${example.missing[0]}`);
  expect(Math.max(...lines.slice(0, lines.indexOf('')).map(({ length }) => length))).toBeLessThanOrEqual(80);
});

it('no figure of answers or judgements is without its n', () => {
  for (const { group, label, cells } of figureRows(example))
    for (const cell of cells)
      if (cell !== undefined && group !== 'training') expect(cell.n, `${group}: ${label}`).toBeGreaterThan(0);
});

it('obeys nothing in what it shows', () => {
  const odd = { ...one, missing: ['a \u001b[31mred\u001b[0m sentence'] };
  expect(evaluationLines(odd, withoutColours).join('\n')).not.toContain('\u001b');
});
