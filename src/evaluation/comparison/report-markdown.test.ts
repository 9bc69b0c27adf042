import { describe, expect, it } from 'vitest';
import { comparisonMarkdown } from './report-markdown.js';
import { exampleComparison } from './testing/example.js';

const example = exampleComparison();

describe('comparisonMarkdown', () => {
  const text = comparisonMarkdown(example);

  it('says the verdict and what limits it first, then each figure with its interval and its n', () => {
    expect(text.indexOf('**orpo is better than base')).toBeLessThan(text.indexOf('## Systems'));
    expect(text.indexOf('- With one seed')).toBeLessThan(text.indexOf('## Systems'));
    const line = text.split('\n').find((one) => one.startsWith('| orpo against base'));
    expect(line).toMatch(/^\| orpo against base \| [\d.]+% \| [\d.]+–[\d.]+% \| 40 \| 0 \|/);
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  it('has tables whose rows have as many cells as their heads', () => {
    const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
    expect(tables.length).toBeGreaterThan(6);
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('lets nothing of a name become a mark or HTML', () => {
    const evil = '<img src=x>|[a](b)`c`\n# d';
    const drawn = comparisonMarkdown({
      ...example,
      missing: [evil],
      verdict: { ...example.verdict, sentence: evil },
      systems: example.systems.map((system) => (system.name === 'orpo' ? { ...system, name: evil } : system)),
    });
    expect(drawn).not.toMatch(/(?<!\\)<img|(?<!\\)\[a|^# d/m);
    expect(drawn).toContain('\\<img src=x\\>\\|\\[a\\](b)\\`c\\` \\# d');
  });

  it('stands with one system of which nothing is known', () => {
    const verdict = { ...example.verdict, tests: [], caveats: [] };
    const least = comparisonMarkdown({
      version: 1,
      systems: [{ name: 'base', kind: 'model', source: 'base', base: true, answers: 0 }],
      contests: [],
      rows: [],
      verdict,
      missing: [],
    });
    expect(least.match(/^#+ .*$/gm)).toEqual(['# base', '## Systems']);
  });
});
