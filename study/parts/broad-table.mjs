import { existsSync, writeFileSync } from 'node:fs';
import { costTable, outcomeTable } from '../../dist/recipes/compare/tables.js';
import { orpo } from '../../scripts/run-orpo.mjs';
import { SUPPORT } from '../data.mjs';
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

export async function study(workshop) {
  const { steps, batch, seeds, trials } = workshop.scale;
  const config = {
    recipe: 'compare',
    model: chatModel.model,
    adapter: { rank: 16, alpha: 32 },
    data: { pairs: SUPPORT.train, test: SUPPORT.heldOut, validation: '15%', maxLength: 384 },
    methods: Object.fromEntries(METHODS.map((method) => [method, {}])),
    learningRates: [1e-4, 5e-4],
    strengths: Math.max(1, trials - 1),
    seeds,
    budget: { steps },
    select: 'margin',
    base: 'sft',
    training: { batch, schedule: 'linear', warmup: 0.1, samples: 0 },
    output: `${workshop.folder}/broad-table`,
  };
  workshop.configs.set('broad-table', config);
  const file = `${workshop.folder}/broad-table.json`;
  writeFileSync(file, JSON.stringify(config, undefined, 1));
  const begun = existsSync(`${config.output}/recipe.json`);
  await orpo(begun ? ['resume', config.output] : ['train', file], (record) => {
    if (record.type === 'result') return;
    const { stage, cell, step } = record;
    if (step !== undefined) process.stderr.write(`\r\x1b[K  ${cell ?? stage ?? ''} ${step}`);
  });
  process.stderr.write('\r\x1b[K');
  const summary = workshop.readJson(`${config.output}/summary.json`);
  return { ...told(summary), limits: limitsOf(workshop, config), numbers: { summary }, seeds };
}

export function told(summary) {
  const cells = ({ head, rows }) => table(head, rows);
  const decided = (outcome) =>
    summary.methods.filter(({ against }) => against?.outcome === outcome).map(({ entry }) => entry);
  const named = (names, words) => (names.length === 0 ? [] : [`${words}: ${names.join(', ')}.`]);
  return {
    tables: [cells(outcomeTable(summary)), cells(costTable(summary))],
    found: [
      summary.verdict,
      ...named(decided('better'), 'Better than SFT'),
      ...named(decided('worse'), 'Worse than SFT'),
      ...named(decided('open'), 'Open'),
      ...leanings(summary),
    ],
  };
}

/** Which way the open ones lean: intervals over seeds that leave out zero when each comparison is taken alone. */
function leanings({ methods }) {
  const open = methods.filter(({ against }) => against?.outcome === 'open' && against.bySeed !== undefined);
  const leaning = (holds) => open.filter(({ against }) => holds(against.bySeed.difference)).map(({ entry }) => entry);
  const above = leaning(({ low }) => low > 0);
  const below = leaning(({ high }) => high < 0);
  if (above.length + below.length === 0) return [];
  return [
    `Taken alone, without the correction for ${open.length} comparisons, the interval over seeds lies above SFT for ${above.join(', ') || 'none'}, and below for ${below.join(', ') || 'none'}.`,
  ];
}

function limitsOf({ scale }, { learningRates, strengths, budget }) {
  return [
    `${learningRates.length} learning rates and ${strengths} ${strengths === 1 ? 'value' : 'values'} of its strength for each method, ${budget.steps} updates a cell, ${scale.seeds.length} ${scale.seeds.length === 1 ? 'seed' : 'seeds'}; one model, one data set of our own.`,
    'Held-out margins say how a model weighs given answers, not how it answers. Seconds are of a machine that may have done other things too.',
  ];
}
