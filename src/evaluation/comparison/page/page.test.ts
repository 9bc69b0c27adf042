import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { faultsOf } from '../../../drawing/testing/markup.js';
import type { Comparison, SampleRow } from '../comparison.js';
import { exampleComparison } from '../testing/example.js';
import { comparisonPage } from './page.js';

const EVIL = '</style></script><script>alert(1)</script><img src=x onerror="y">\u202e';
const example = exampleComparison();

/** A comparison with nothing but what every one has. */
function bare(more: Partial<Comparison> = {}): Comparison {
  return {
    version: 1,
    systems: [{ name: 'base', kind: 'model', source: 'base', base: true, answers: 0 }],
    contests: [],
    rows: [],
    verdict: {
      sentence: 'Nothing can be concluded.',
      basis: 'none',
      level: 0.05,
      correction: 'holm',
      tests: [],
      caveats: [],
    },
    missing: [],
    ...more,
  };
}

/** The comparison with a system of another name. */
function rename(comparison: Comparison, from: string, to: string): Comparison {
  const called = (name: string): string => (name === from ? to : name);
  const { rewards, strengths, verdict } = comparison;
  const sides = <T extends { readonly a: string; readonly b: string }>(one: T): T => ({
    ...one,
    a: called(one.a),
    b: called(one.b),
  });
  const systems = <T extends { readonly system: string }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, system: called(one.system) }));
  return {
    ...comparison,
    systems: comparison.systems.map((system) => ({ ...system, name: called(system.name) })),
    contests: comparison.contests.map(sides),
    verdict: { ...verdict, tests: verdict.tests.map(sides) },
    ...(rewards && { rewards: { ...rewards, systems: systems(rewards.systems) } }),
    ...(strengths && { strengths: { ...strengths, systems: systems(strengths.systems) } }),
  };
}

const headings = (page: string): string[] => [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, text = '']) => text);

describe('comparisonPage', () => {
  const page = comparisonPage(example);

  it('is one well-formed document that names no address to load anything from', () => {
    expect(faultsOf(page)).toEqual([]);
    expect(page).not.toMatch(/https?:|\ssrc=|@import|url\(|<link/);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
    expect([...page.matchAll(/\shref="([^"]*)"/g)].every(([, to = '']) => to.startsWith('#'))).toBe(true);
  });

  it('says the verdict first, then what limits it, before any figure', () => {
    const at = (text: string): number => page.indexOf(text);
    const { sentence, caveats } = example.verdict;
    expect(at(`<h1 class="verdict grey">${sentence}</h1>`)).toBeGreaterThan(0);
    expect(at(sentence)).toBeLessThan(at(caveats[0] ?? ''));
    expect(at(caveats[0] ?? '')).toBeLessThan(at(example.missing[0] ?? ''));
    expect(at(example.missing[0] ?? '')).toBeLessThan(at('<figure>'));
    const won = comparisonPage({ ...example, verdict: { ...example.verdict, winner: 'orpo' } });
    expect(won).toContain('<h1 class="verdict orange">');
  });

  it('has every part of a whole comparison, linked from the top', () => {
    const sections = [
      'Win rates',
      'Rewards',
      'Held-out pairs',
      'Cost',
      'Training',
      'Answers',
      'Samples',
      'How this was measured',
    ];
    expect(headings(page).filter((heading) => sections.includes(heading))).toEqual(sections);
    const links = [...page.matchAll(/<a href="#([^"]*)"/g)].map(([, id = '']) => id);
    expect(links).toHaveLength(sections.length);
    for (const id of links) expect(page).toContain(`<section id="${id}">`);
    for (const { name } of example.systems) expect(page).toContain(`</i>${name}</span>`);
  });

  it('lets no script run but its own, which is the same whatever was compared', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(page).toContain(`script-src &#39;sha256-${hash}&#39;`);
    expect(page).toContain('default-src &#39;none&#39;');
    expect(comparisonPage(bare())).toContain(`sha256-${hash}`);
  });

  it('escapes what comes from models, data, judges and paths, wherever it stands', () => {
    const renamed = rename(example, 'orpo', EVIL);
    const row: SampleRow = {
      row: 1,
      prompt: EVIL,
      answers: [{ text: EVIL }, { text: EVIL }, {}, {}],
      choices: [{ a: 'sft', b: 'base', failure: EVIL }],
    };
    const evil = comparisonPage({
      ...renamed,
      rows: [row],
      missing: [EVIL],
      judge: { kind: 'rule', name: EVIL, words: EVIL, judged: 1, failed: 1 },
      verdict: { ...renamed.verdict, sentence: EVIL, caveats: [EVIL] },
      prompts: { path: EVIL, sha256: EVIL, n: 1, dropped: { [EVIL]: 1 } },
    });
    expect(evil).not.toMatch(/<script>alert|<img|\u202e/);
    expect(evil.match(/<\/style>/g)).toHaveLength(1);
    expect(evil.match(/<script/g)).toHaveLength(1);
    expect(evil.split('&lt;script&gt;').length).toBeGreaterThan(20);
    expect(faultsOf(evil)).toEqual([]);
  });

  it('shows a row’s answers side by side with what the judge made of them', () => {
    const [row] = example.rows;
    const shown = comparisonPage({
      ...example,
      rows: [
        {
          ...row,
          row: 7,
          prompt: 'Why?',
          answers: [{ text: 'a', reward: -1.5, tokens: 1, cut: true }, { text: '' }, { text: 'c' }, {}],
          choices: [
            { a: 'orpo', b: 'base', score: 0.9 },
            { a: 'orpo', b: 'sft', score: 0.6 },
            { a: 'orpo', b: 'reference', score: 1 },
            { a: 'sft', b: 'base', score: 0.5 },
            { a: 'reference', b: 'base', failure: 'timed out' },
          ],
        },
      ],
    });
    expect(shown).toContain('data-results="2&gt;0 2&gt;1 2&gt;3 1=0 0=1"');
    expect(shown.match(/the judge’s choice/g)).toHaveLength(1);
    expect(shown).toContain('reward −1.50 · 1 token · cut off · ties with sft · behind orpo');
    expect(shown).toContain('preferred to base, sft, reference');
    expect(shown).toContain('The judge failed: timed out');
    expect(shown).toContain('No text.');
    expect(shown).toContain('No answer.');
    expect(shown).toContain('The first 1 of 40 prompts');
  });

  it('gives each figure of a contest with its interval and its n', () => {
    const [{ winRate } = example.contests[0] ?? { winRate: undefined }] = example.contests;
    if (winRate === undefined) throw new Error('the example has contests');
    const cells = [...page.matchAll(/<td class="heat-[^"]*">(.*?)<\/td>/g)].map(([, cell = '']) => cell);
    expect(cells).toHaveLength(12);
    for (const cell of cells) expect(cell).toMatch(/[\d.]+%.*<small>[\d.]+–[\d.]+%?<\/small><small>n 40<\/small>/);
  });

  it('marks only differences that hold after correction for all tests', () => {
    const bold = page.match(/<td class="heat-[^"]*"><b>[▲▼]/g) ?? [];
    expect(bold).toHaveLength(2 * example.verdict.tests.filter(({ better }) => better !== undefined).length);
    expect(bold.length).toBeGreaterThan(0);
    const verdict = { ...example.verdict, tests: example.verdict.tests.map(({ better: _, ...test }) => test) };
    expect(comparisonPage({ ...example, verdict })).not.toMatch(/<b>[▲▼]/);
  });

  it('stands without anything that a comparison may lack, and says what is missing', () => {
    const least = comparisonPage(bare({ missing: ['No prompts were given, so nothing was answered.'] }));
    expect(faultsOf(least)).toEqual([]);
    expect(headings(least)).toEqual(['Missing', 'How this was measured']);
    expect(least).toContain('No prompts were given, so nothing was answered.');
    expect(least).not.toMatch(/NaN|undefined|id="filters"/);
  });

  it.each([
    ['no judge', { contests: [], judge: undefined, rewards: undefined, strengths: undefined }],
    ['no length control', { contests: example.contests.map(({ lengthControlled: _, ...rest }) => rest) }],
    [
      'two systems',
      { systems: example.systems.slice(0, 2), contests: example.contests.slice(0, 1), strengths: undefined },
    ],
    ['a pair that was not judged', { contests: example.contests.slice(0, 3), strengths: undefined }],
    ['a system without an answer', { systems: example.systems.map(({ diversity: _, tokens: __, ...rest }) => rest) }],
  ])('stands with %s', (_, change) => {
    const { judge, rewards, strengths, ...rest } = example;
    const found = { judge, rewards, strengths, ...change };
    const kept = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
    const changed = comparisonPage({ ...rest, ...kept });
    expect(faultsOf(changed)).toEqual([]);
    expect(changed).not.toMatch(/NaN|undefined|\[object/);
  });

  it('plots accuracy against cost where nobody judged', () => {
    const { judge: _, rewards: __, strengths: ___, ...rest } = example;
    const drawn = comparisonPage({ ...rest, contests: [] });
    expect(drawn).toContain('accuracy on held-out pairs');
    expect(page).toContain('win rate against base');
  });

  it('holds twelve systems of long names', () => {
    const systems = example.systems.flatMap((system, i) =>
      [0, 1, 2].map((more) => ({
        ...system,
        name: `a-run-with-a-name-of-forty-characters-${i}${more}`,
        base: i + more === 0,
      })),
    );
    const many = comparisonPage({ ...example, systems, contests: [], rows: [], missing: [] });
    expect(faultsOf(many)).toEqual([]);
  });
});
