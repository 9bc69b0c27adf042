/**
 * `npm run bench:ladder`: what each trick of the step brings. A step is timed with none of them, then with one more at a
 * time, on the same rows; and with all of them but one operator. docs/benchmarks/ladder.md comes of it.
 *
 *   npm run bench:ladder [-- --steps 4] [--repeats 3] [--rounds 2] [--precision auto]
 *
 * Rungs take turns, each in a process of its own. Nothing else may run meanwhile.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { realModel } from './inputs/models.mjs';
import { realRows } from './inputs/rows.mjs';
import { runSide } from './measure/child.mjs';
import { describeMachine } from './measure/machine.mjs';
import { mean, median } from './measure/statistics.mjs';

const MOST_SECONDS = 900;
const BATCH = 4;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '4' },
    repeats: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
    precision: { type: 'string', default: 'auto' },
  },
});
if (Number(values.rounds) % 2 !== 0) throw new Error('--rounds must be even: the order turns over with each');
orExit(() => setup());
/** From the ground up: what is added, and which operators of ours compute from there on. */
const RUNGS = [
  { name: "libtorch's operators, each response with its own prompt, logits of every token", parts: [], apart: true },
  { name: 'a prompt once for both of its responses, logits where a token is predicted', parts: [] },
  { name: 'log-probs of the head in one operator', parts: ['log-probs'] },
  { name: 'attention that skips what a branch cannot see', parts: ['attention'] },
  { name: 'RMSNorm, rotary embedding and SwiGLU in one operator each', parts: ['norm', 'rotary', 'gating'] },
  { name: 'linear layers that read the same rows in one operator', parts: ['linears'] },
  { name: 'AdamW over weights, rests and moments in one pass', parts: ['optimiser'] },
];
/** Our operators, and what they compute. */
const OPERATORS = {
  'log-probs': 'log-probs of the head',
  attention: 'attention over a forest',
  norm: 'RMSNorm',
  rotary: 'rotary embedding',
  gating: 'SwiGLU',
  linears: 'linear layers that read the same rows',
  optimiser: 'AdamW',
};
const machine = await describeMachine(values.precision);
const model = await realModel();
const counts = { steps: Number(values.steps), warmup: 2 };
const rows = await realRows(BATCH * (counts.steps + counts.warmup));

const ladders = {};
for (const [name, rank] of Object.entries({ full: 0, lora: 16 })) {
  const seconds = RUNGS.map(() => []);
  const bytes = RUNGS.map(() => []);
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const [at, rung] of RUNGS.entries()) {
      const fused = RUNGS.slice(0, at + 1).flatMap(({ parts }) => parts);
      const result = await runSide(
        {
          command: process.execPath,
          args: [
            join(root, 'bench/ours/train.mjs'),
            ...['--model', model, '--rows', rows, '--batch', String(BATCH), '--lora', String(rank)],
            ...['--dtype', machine.precision, '--steps', String(counts.steps), '--warmup', String(counts.warmup)],
            ...['--fused', fused.join(), ...(rung.apart ? ['--apart'] : [])],
          ],
        },
        MOST_SECONDS,
      );
      const step = mean(result.steps_seconds);
      seconds[at].push(step);
      bytes[at].push(result.peak_rss_bytes);
      console.log(`${name} ${at}: ${step.toFixed(3)} s  ${rung.name}`);
    }
  ladders[name] = RUNGS.map((rung, at) => ({
    name: rung.name,
    seconds: median(seconds[at]),
    peakBytes: median(bytes[at]),
  }));
}
const alone = {};
keep();
/** Steps of the measurement of one operator taken away, all of them together: each gets so many seconds at most. */
const stepsAlone =
  (1 + Object.keys(OPERATORS).length * (1 + 2 * Number(values.rounds))) * (counts.steps + counts.warmup);
const STEP_SECONDS = 15;
for (const [name, rank] of Object.entries({ full: 0, lora: 16 })) {
  const { parts, other_cpu_share: otherCpuShare } = await runSide(
    {
      command: process.execPath,
      args: [
        join(root, 'bench/ours/without.mjs'),
        ...['--model', model, '--rows', rows, '--batch', String(BATCH), '--lora', String(rank)],
        ...['--dtype', machine.precision, '--parts', Object.keys(OPERATORS).join(), '--rounds', values.rounds],
        ...['--batches', String(counts.steps + counts.warmup)],
      ],
    },
    stepsAlone * STEP_SECONDS,
  );
  alone[name] = { parts, otherCpuShare };
  for (const [part, { share, error }] of Object.entries(parts))
    console.log(`${name} without ${part}: ${percent(share)} ± ${percent(error)}`);
  keep();
}

/** Writes what there is so far. */
function keep() {
  const rounds = Number(values.rounds);
  const date = new Date().toISOString().slice(0, 10);
  const repeats = Number(values.repeats);
  const record = { date, machine, batch: BATCH, ...counts, repeats, rounds, ladders, alone };
  writeFileSync(join(root, 'docs/benchmarks/ladder.json'), `${JSON.stringify(record, undefined, 1)}\n`);
  writeFileSync(join(root, 'docs/benchmarks/ladder.md'), page(record));
}

function page({ date, machine, batch, steps, warmup, repeats, rounds, ladders, alone }) {
  const table = (rungs) => [
    '| with | seconds a step | as fast as the ground | peak memory |',
    '|---|--:|--:|--:|',
    ...rungs.map(
      ({ name, seconds, peakBytes }, at) =>
        `| ${at === 0 ? '' : '+ '}${name} | ${seconds.toFixed(2)} | ${(rungs[0].seconds / seconds).toFixed(2)}× | ${(peakBytes / 2 ** 30).toFixed(2)} GiB |`,
    ),
  ];
  return [
    '# What each trick of the step brings',
    '',
    `SmolLM2-135M, ${batch} pairs of hh-rlhf-harmless a step, ${machine.precision}; ${machine.cpu}, ${machine.cores} cores, ${date}. A figure is the median of ${repeats} repeats, each the mean of ${steps} steps, in turns; a line has all that stands above it.`,
    '',
    '## All weights',
    '',
    ...table(ladders.full),
    '',
    '## LoRA-16',
    '',
    ...table(ladders.lora),
    '',
    '## One operator taken away',
    '',
    `How much longer a step takes, and how much more its tensors hold at their peak, when libtorch's operators compute one part and ours all others: ${rounds} pairs of steps on each of ${steps + warmup} batches in one process, the mean difference ± its standard error.`,
    '',
    '| without our operator for | all weights | LoRA-16 |',
    '|---|--:|--:|',
    ...Object.entries(OPERATORS).map(
      ([part, what]) => `| ${what} | ${withError(alone.full?.parts[part])} | ${withError(alone.lora?.parts[part])} |`,
    ),
    '',
    `Again: \`npm run bench:ladder -- --steps ${steps} --repeats ${repeats} --rounds ${rounds}\`.`,
    '',
  ].join('\n');
}

function withError(found) {
  if (found === undefined) return '–';
  const { share, error, bytes } = found;
  return `${percent(share)} ± ${percent(error)}, ${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
