import { expect, it } from 'vitest';
import { parseRecipe } from '../parse-recipe.js';
import { comparisonCard } from './card.js';
import { comparisonPage } from './report-page.js';
import type { ComparisonSummary } from './summary.js';

const nowhere = { value: 0.5, low: Number.NaN, high: Number.NaN };
const cost = { updates: 8, seconds: 3, tokens: 100, peakBytes: 2048, flops: null };
const measures = { accuracy: 0.5, margin: 0.1, sumAccuracy: 0.4, sumMargin: 1, chosen: -2 };
const axes = [{ key: 'learningRate', values: [1, 2] }];
const sensitivity = [
  {
    key: 'learningRate',
    values: [{ value: 1, mean: 0.5, best: 0.5, points: 1, diverged: 0 }],
    spread: 0,
  },
];
const shared = { from: 'model', trials: 2, diverged: 0, axes, sensitivity, search: cost } as const;
const best = {
  point: { learningRate: 1, strength: {} },
  atEdge: ['learningRate'],
  validation: nowhere,
  test: nowhere,
  measures,
  cells: [],
  cost,
};
const test = { n: 1, difference: nowhere, t: Number.NaN, p: Number.NaN, corrected: 1 };

const summary: ComparisonSummary = {
  recipe: 'compare',
  verdict: 'Nothing <can> be concluded.',
  select: 'accuracy',
  base: 'sft',
  seeds: [1],
  equalTrials: false,
  rows: { train: 10, validation: 2, test: 2 },
  budget: { sft: 0, entries: { sft: 8, orpo: 8, dpo: 8 } },
  allUntil: 0.5,
  start: measures,
  methods: [
    { entry: 'sft', method: 'sft', ...shared, best },
    { entry: 'orpo', method: 'orpo', ...shared, best, against: { bySeed: test, byPair: test, outcome: 'open' } },
    { entry: 'dpo', method: 'dpo', ...shared, trials: 3, diverged: 3 },
  ],
  cost,
};

const config = (() => {
  const { config: parsed } = parseRecipe({
    recipe: 'compare',
    model: 'a <model>',
    data: { pairs: 'p.jsonl' },
    methods: { sft: {}, orpo: {}, dpo: {} },
    budget: { steps: 8 },
    output: 'o',
  });
  if (parsed.recipe !== 'compare') throw new Error('another recipe');
  return parsed;
})();

it.each([
  ['card', comparisonCard],
  ['page', comparisonPage],
])('the %s names what is missing: intervals of one seed, a method that diverged, equal trials', (_name, write) => {
  const text = write(config, summary);
  for (const part of [
    'There is one seed',
    'all diverged',
    'sft 2, orpo 2, dpo 3',
    'after 50.0% of the updates',
    'The best lies at the end of what was tried for sft (learningRate)',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('NaN');
  expect(text).not.toContain('undefined');
});

it('the page escapes what it shows and asks for nothing', () => {
  const page = comparisonPage(config, summary);
  expect(page).toContain('Nothing &lt;can&gt; be concluded.');
  expect(page).not.toContain('<model>');
  expect(page).not.toMatch(/<script|src=|https?:/);
});
