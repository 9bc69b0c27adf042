import { describe, expect, it } from 'vitest';
import { exampleComparison } from '../evaluation/comparison/testing/example.js';
import { withoutColours } from './colours.js';
import { comparisonLines } from './comparison-lines.js';

const example = exampleComparison();

describe('comparisonLines', () => {
  const lines = comparisonLines(example, withoutColours);

  it('has a row for each system under what is known of them, then the verdict and what limits it', () => {
    const head = lines.findIndex((line) => line.includes('against base'));
    expect(lines[head]).toMatch(/win rate +95% +n +reward +prompts$/);
    expect(lines.slice(head + 1, head + 5).map((line) => line.trim().split(' ')[0])).toEqual(
      example.systems.map(({ name }) => name),
    );
    const { sentence, caveats } = example.verdict;
    expect(lines.slice(-3)).toEqual([sentence, ...caveats, `missing: ${example.missing[0]}`]);
  });

  it('has columns that stand under one another and fit a terminal', () => {
    const head = lines.findIndex((line) => line.includes('held-out pairs'));
    const rows = lines.slice(head + 1, head + 4);
    const end = (lines[head] ?? '').indexOf('accuracy') + 'accuracy'.length;
    for (const row of rows) expect(row.slice(0, end)).toMatch(/%$/);
    const tables = lines.slice(0, lines.indexOf(example.verdict.sentence));
    expect(Math.max(...tables.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('shows names and sentences, and obeys nothing in them', () => {
    const evil = 'x\u001b[31m\u202e';
    const shown = comparisonLines(
      {
        ...example,
        missing: [evil],
        verdict: { ...example.verdict, sentence: evil, caveats: [evil] },
        systems: example.systems.map((system) => ({ ...system, name: `${evil}${system.name}` })),
      },
      withoutColours,
    ).join('\n');
    for (const obeyed of ['\u001b', '\u202e']) expect(shown).not.toContain(obeyed);
    expect(shown).toContain('x␛[31m\\u202e');
  });

  it('is the verdict alone where nothing is known', () => {
    const verdict = { ...example.verdict, caveats: [] };
    const systems = [{ name: 'base', kind: 'model', source: 'base', base: true, answers: 0 }] as const;
    const bare = { version: 1, systems, contests: [], rows: [], verdict, missing: [] } as const;
    expect(comparisonLines(bare, withoutColours)).toEqual(['', verdict.sentence]);
  });
});
