import { intervalPlotFile } from '../../dist/recipes/compare/interval-plot.js';
import { costTable, outcomeTable } from '../../dist/recipes/compare/tables.js';
import { percent } from '../contests.mjs';
import { minimalPairs, SUPPORT, supportPairs, writeRows } from '../data.mjs';
import { chatModel } from '../models.mjs';
import { table } from '../page.mjs';

export const about = {
  title: 'The broad table: fifteen methods after the same search',
  claim:
    'The source asks for a broader comparison of ORPO with the other methods; published ones tune each method differently.',
};

/** Hybrids among them; SFT is what all are tested against. */
const METHODS = [
  'sft',
  'orpo',
  'dpo',
  'ipo',
  'kto',
  'bco',
  'cpo',
  'simpo',
  'slic',
  'rpo',
  'asft',
  'odds-dpo',
  'odds-ipo',
  'odds-kto',
  'tempered-orpo',
];

/** Two labelled examples are a pair. */
const LABELLED = ['kto', 'bco', 'odds-kto'];

export async function study(workshop) {
  const { updates, strengths, seeds, ...sizes } = workshop.scale.broad;
  const { about: pairs, batch, data } = parts(workshop, sizes);
  const config = {
    recipe: 'compare',
    model: chatModel.model,
    adapter: { rank: 16, alpha: 32 },
    data: { ...data, maxLength: 384 },
    methods: Object.fromEntries(
      METHODS.map((method) => [method, LABELLED.includes(method) ? { training: { batch: 2 * batch } } : {}]),
    ),
    learningRates: [3e-4, 1e-3],
    strengths,
    seeds,
    budget: { steps: updates },
    select: 'accuracy',
    base: 'sft',
    training: { batch, schedule: 'linear', warmup: 0.1, samples: 0 },
    workers: 2,
  };
  const summary = await workshop.sweep('broad-table', config);
  if (summary === undefined) return undefined;
  return {
    ...told(summary),
    limits: [...limitsOf(pairs, batch, config), ...edges(summary, config)],
    numbers: { summary },
    seeds,
  };
}

/** Minimal pairs in three parts that have no pair in common; our own where there are none. */
function parts(workshop, { train, validation }) {
  const minimal = minimalPairs(workshop);
  if (minimal === undefined) {
    const { about: pairs, batch, heldOut } = supportPairs();
    return { about: pairs, batch, data: { pairs: SUPPORT.train, validation: '15%', test: heldOut } };
  }
  const { about: pairs, batch, rows, heldOut } = minimal;
  const file = (name, from, count) => writeRows(workshop, `broad-${name}.jsonl`, rows.slice(from, from + count));
  const data = { pairs: file('train', 0, train), validation: file('validation', train, validation), test: heldOut };
  return { about: pairs, batch, data };
}

function told(summary) {
  const cells = ({ head, rows }) => table(head, rows);
  return {
    figures: [
      { file: 'broad-table.svg', title: 'Test accuracy of the best of each method', svg: intervalPlotFile(summary) },
    ],
    tables: [cells(outcomeTable(summary)), cells(costTable(summary))],
    found: foundIn(summary),
  };
}

/** How each method stands to SFT, largest difference first. */
function foundIn({ methods, rows, seeds, start, select, verdict }) {
  const standing = methods
    .filter(({ against }) => against !== undefined)
    .sort((a, b) => b.against.bySeed.difference.value - a.against.bySeed.difference.value);
  const of = (outcome) => standing.filter(({ against }) => against.outcome === outcome);
  if (of('open').length === standing.length) return [verdict];
  const list = (outcome, words) => {
    const told = of(outcome).map(({ entry, against: { bySeed } }) => {
      const { value, low, high } = bySeed.difference;
      return `${entry} ${points(value)} (${points(low)} to ${points(high)}; p ${bySeed.corrected.toPrecision(2)})`;
    });
    return told.length === 0 ? [] : [`${words}: ${told.join(', ')}.`];
  };
  const sft = methods.find(({ entry }) => entry === 'sft')?.best?.test.value;
  return [
    `Before training ${percent(start[select])} of ${rows.test} test pairs are the right way round, after SFT ${percent(sft)}.`,
    ...list(
      'better',
      `Better than SFT, by so many points of accuracy (95 % intervals over ${seeds.length} seeds, p by Holm's rule)`,
    ),
    ...list('worse', 'Worse'),
    ...list('open', 'Not to be told from SFT'),
    'The methods were tested against SFT, not against one another.',
  ];
}

const points = (share) => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;

/** Whether a wider search might find better. */
function edges({ methods }, { learningRates }) {
  const largest = Math.max(...learningRates);
  const at = methods.filter(({ best }) => best?.point.learningRate === largest);
  return at.length === 0
    ? []
    : [
        `For ${at.length} of ${methods.length} methods the largest learning rate tried was the best, so a larger one could be better still.`,
      ];
}

function limitsOf(pairs, batch, { learningRates, strengths, budget, seeds }) {
  const values = `${strengths} ${strengths === 1 ? 'value' : 'values'}`;
  return [
    `The pairs are ${pairs}. ${learningRates.length} learning rates and ${values} of its strength for each method (${learningRates.length * strengths} learning rates for SFT, which has none), ${budget.steps} updates of ${batch} pairs a cell, ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}; one model, one data set.`,
    'Held-out accuracy says how a model weighs given answers, not how it answers. Cells trained two at a time, a thread each, on a machine that did other things too: their seconds say little, their operations do not depend on it.',
  ];
}
