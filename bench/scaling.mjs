/**
 * `npm run bench:scaling`: time and memory of a training step against its size, one thing grown at a time: tokens, length,
 * vocabulary, weights, responses to a prompt, rank; and with every method that learns from pairs. Time must follow the count of
 * operations, and memory what grows, within 20 %: a line through zero operations or more, and no curve. Writes
 * docs/benchmarks/scaling.md, its numbers and a figure for each.
 *
 *   npm run bench:scaling [-- --axes length,rank] [--steps 5] [--precision auto]
 *
 * Nothing else may run meanwhile. Fails where a point lies off its line.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { randomLlama } from './inputs/models.mjs';
import { fixedRows } from './inputs/rows.mjs';
import { runSide } from './measure/child.mjs';
import { describeMachine } from './measure/machine.mjs';
import { lineThrough } from './scaling/line.mjs';

const TOLERANCE = 0.2;
const MOST_SECONDS = 600;
const SMALL = { hidden: 288, layers: 6, heads: 6, intermediate: 768, vocabulary: 8192 };
const ROWS = { prompt: 128, response: 128, responses: 2 };
/** Of each axis: what grows, its values, and the step at a value. */
const AXES = {
  tokens: {
    title: 'Prompts a step',
    values: [1, 2, 4, 8, 16],
    step: (batch) => ({ batch }),
  },
  length: {
    title: 'Tokens of a prompt',
    values: [128, 256, 512, 1024, 2048],
    step: (prompt) => ({ rows: { ...ROWS, prompt } }),
  },
  vocabulary: {
    title: 'Vocabulary',
    values: [2048, 8192, 16_384, 32_768, 65_536],
    step: (vocabulary) => ({ model: { ...SMALL, vocabulary } }),
  },
  weights: {
    title: 'Millions of weights',
    values: [1, 4, 16, 64, 160, 350],
    step: (millions) => ({ model: sized(millions), batch: 2 }),
  },
  responses: {
    title: 'Responses to a prompt',
    values: [2, 4, 8, 16],
    step: (responses) => ({ rows: { ...ROWS, responses }, batch: 2, method: 'rrhf' }),
  },
  rank: {
    title: 'Rank of the adapter',
    values: [4, 8, 16, 32, 64, 128],
    step: (rank) => ({ rank }),
  },
  method: {
    title: 'Method',
    // with an adapter, so that those with a reference model need no second one
    values: pairMethods,
    step: (method) => ({ method, rank: 16 }),
    named: true,
  },
};

const { values: flags } = parseArgs({
  options: {
    axes: { type: 'string', default: Object.keys(AXES).join() },
    steps: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'auto' },
  },
});
orExit(() => setup());
const { lines } = await import('../study/figure.mjs');
const machine = await describeMachine(flags.precision);
const results = join(root, 'docs/benchmarks/scaling.json');
const axes = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).axes : {};

for (const name of flags.axes.split(',')) {
  const { title, values, step, named = false } = AXES[name];
  const points = [];
  for (const value of named ? await values() : values) {
    points.push({ value, ...(await measured(step(value))) });
    const { seconds, flops, peakBytes } = points.at(-1);
    console.log(
      `${name} ${value}: ${(1000 * seconds).toFixed(1)} ms, ${(flops / 1e9).toFixed(1)} GFLOP, ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    );
  }
  const time = lineThrough(points.map(({ flops, seconds }) => [flops, seconds]));
  const memory = lineThrough(points.map(({ value, flops, peakBytes }) => [named ? flops : value, peakBytes]));
  axes[name] = { title, named, points, time, memory };
  const off = Math.max(time.furthest, memory.furthest);
  console.log(
    `${name}: time ${percent(time.furthest)} and memory ${percent(memory.furthest)} off a line at most${off <= TOLERANCE ? '' : ': too far'}`,
  );
  if (!(off <= TOLERANCE)) process.exitCode = 1;
  if (!named) draw(name, axes[name]);
  const record = { date: new Date().toISOString().slice(0, 10), machine, tolerance: TOLERANCE, axes };
  writeFileSync(results, `${JSON.stringify(record, undefined, 1)}\n`);
  writeFileSync(results.replace(/json$/, 'md'), page(record));
}

function draw(name, { title, points, time }) {
  const figure = lines(`scaling-${name}.svg`, `Milliseconds of a step: ${title.toLowerCase()}`, title.toLowerCase(), [
    { name: 'measured', points: points.map(({ value, seconds }) => [value, 1000 * seconds]) },
    {
      name: 'by its operations',
      points: points.map(({ value, flops }) => [value, 1000 * (time.base + time.slope * flops)]),
    },
  ]);
  writeFileSync(join(root, 'docs/benchmarks', figure.file), figure.svg);
}

function page({ date, machine: { cpu, cores, precision }, axes: measured }) {
  const sections = Object.entries(measured).flatMap(([name, { title, named, points, time, memory }]) => [
    `## ${title}`,
    '',
    ...(named ? [] : [`![Milliseconds of a step](scaling-${name}.svg)`, '']),
    `| ${title.toLowerCase()} | GFLOP | ms | ms by the line | MiB |`,
    '|--:|--:|--:|--:|--:|',
    ...points.map(
      ({ value, flops, seconds, peakBytes }) =>
        `| ${value} | ${(flops / 1e9).toFixed(1)} | ${(1000 * seconds).toFixed(1)} | ${(1000 * (time.base + time.slope * flops)).toFixed(1)} | ${(peakBytes / 2 ** 20).toFixed(0)} |`,
    ),
    '',
    `Time is ${percent(time.furthest)} off its line at most, memory ${percent(memory.furthest)}.`,
    '',
  ]);
  return [
    '# What a step costs as it grows',
    '',
    `Time against the operations a step cannot do without, fitted by one line; ${precision}, ${cpu}, ${cores} cores, ${date}.`,
    '',
    ...sections,
    'Again: `npm run bench:scaling`.',
    '',
  ].join('\n');
}

/** One size of a step, in a process of its own. */
async function measured({ model = SMALL, rows = ROWS, batch = 4, rank = 0, method = 'orpo' }) {
  const name = `llama-${model.hidden}-${model.layers}-${model.vocabulary}`;
  const counts = { steps: Number(flags.steps), warmup: 2 };
  const { vocabulary } = model;
  const result = await runSide(
    {
      command: process.execPath,
      args: [
        join(root, 'bench/ours/train.mjs'),
        ...['--model', await randomLlama(name, model)],
        ...['--rows', fixedRows({ ...rows, vocabulary, count: batch * (counts.steps + counts.warmup) })],
        ...['--method', method, '--batch', String(batch), '--lora', String(rank), '--dtype', machine.precision],
        ...['--steps', String(counts.steps), '--warmup', String(counts.warmup)],
      ],
    },
    MOST_SECONDS,
  );
  const { median_seconds, useful_flops_a_step, peak_rss_bytes, tokens_a_step } = result;
  return {
    seconds: median_seconds,
    flops: useful_flops_a_step,
    peakBytes: peak_rss_bytes,
    tokens: tokens_a_step,
  };
}

/** Every method that learns from pairs alone, by name. */
async function pairMethods() {
  const { methods } = await import('../dist/objectives/registry.js');
  return Object.values(methods)
    .filter(({ shape, reads }) => shape === 'pair' && (reads ?? 'log-probs') === 'log-probs')
    .map(({ name }) => name);
}

/** A Llama of about so many million weights, a vocabulary of 8,192 among them. */
function sized(millions) {
  const layers = Math.max(2, Math.round(3 * millions ** 0.35));
  const { vocabulary } = SMALL;
  // layers of 12 hidden² and an embedding of vocabulary × hidden
  const hidden = (-vocabulary + Math.sqrt(vocabulary ** 2 + 48 * layers * millions * 1e6)) / (24 * layers);
  const rounded = Math.max(64, Math.round(hidden / 32) * 32);
  return { hidden: rounded, layers, heads: rounded / 32, intermediate: Math.round((8 * rounded) / 3), vocabulary };
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}
