/**
 * `npm run bench:stream`: trains on a file of a million pairs with `data.stream`, and on one of a thousand with the same
 * model, and compares: seconds from the start of the process to the end of its first update, and the most memory of the process. Writes
 * docs/benchmarks/stream.json and stream.md.
 *
 *   npm run bench:stream [-- --rows 1000000] [--steps 100] [--model FOLDER]
 *
 * FOLDER holds a model; stories260k of ORPO_MODELS_DIR when left out, and where that is not at hand the tests' own. Fails when
 * the first update takes longer than five seconds or the large file 400 MB more than the small one.
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { pairLines } from './inputs/pair-lines.mjs';
import { runSide } from './measure/child.mjs';
import { describeMachine } from './measure/machine.mjs';

const MOST_SECONDS = 5;
const MOST_BYTES = 400e6;
const FEW_ROWS = 1000;
const BATCH = 16;
const REPEATS = 3;
const SMALL = join(resolve(root, process.env.ORPO_MODELS_DIR ?? '../shared/models'), 'stories260k');
const TINY = join(root, 'test/fixtures/golden/models/llama');

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    steps: { type: 'string', default: '100' },
    model: { type: 'string' },
  },
});
orExit(() => setup());
const machine = await describeMachine('fp32');
const model = flags.model ?? (existsSync(SMALL) ? SMALL : TINY);
const runs = [];
for (const rows of [FEW_ROWS, Number(flags.rows)]) {
  const run = await measured(rows);
  runs.push(run);
  console.log(`${rows} rows: first update after ${run.firstUpdate.toFixed(2)} s, ${megabytes(run.peakBytes)} MB`);
}
const [few, many] = runs;
const added = many.peakBytes - few.peakBytes;
const fast = many.firstUpdate <= MOST_SECONDS;
const small = added <= MOST_BYTES;
console.log(`${megabytes(added)} MB more${small ? '' : ': too many'}${fast ? '' : '; too slow'}`);
if (!fast || !small) process.exitCode = 1;
const record = {
  date: new Date().toISOString().slice(0, 10),
  machine,
  model: basename(model),
  batch: BATCH,
  limits: { seconds: MOST_SECONDS, bytes: MOST_BYTES },
  runs,
};
const results = join(root, 'docs/benchmarks/stream.json');
writeFileSync(results, `${JSON.stringify(record, undefined, 1)}\n`);
writeFileSync(results.replace(/json$/, 'md'), page(record));

/** The quickest of some processes and the largest of them; the page cache holds the file after the first. */
async function measured(rows) {
  const path = pairLines(rows);
  const folder = mkdtempSync(join(tmpdir(), 'orpo-stream-'));
  try {
    const found = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const config = join(folder, `${repeat}.json`);
      writeFileSync(
        config,
        JSON.stringify({
          method: 'orpo',
          model,
          data: { train: path, maxLength: 256, stream: true },
          training: { batch: BATCH, epochs: 1000, maxSteps: Number(flags.steps), samples: 0, precision: 'fp32' },
          output: join(folder, String(repeat)),
        }),
      );
      found.push(
        await runSide({ command: process.execPath, args: [join(root, 'bench/ours/stream.mjs'), config] }, 600),
      );
    }
    const first = found.map((one) => one.first_update_seconds);
    return {
      rows,
      fileBytes: statSync(path).size,
      steps: found[0].steps,
      firstUpdate: Math.min(...first),
      firstUpdates: first,
      peakBytes: Math.max(...found.map((one) => one.peak_rss_bytes)),
      seconds: Math.min(...found.map((one) => one.seconds)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function page({ date, machine: { cpu, cores }, model: name, batch, limits, runs: measuredRuns }) {
  const [small, large] = measuredRuns;
  return [
    '# Training on more data than memory should hold',
    '',
    `${measuredRuns[0].steps} updates of ${batch} pairs with \`data.stream\` on ${name}, float32; ${cpu}, ${cores} cores, ${date}. The first update is counted from the start of the process: engine, model, one pass over the file, a window of rows. Quickest of ${REPEATS} processes; most memory of them.`,
    '',
    '| rows | MB of the file | first update, s | most memory of the process, MB | updates, s |',
    '|--:|--:|--:|--:|--:|',
    ...measuredRuns.map(
      ({ rows, fileBytes, firstUpdate, peakBytes, seconds }) =>
        `| ${rows.toLocaleString('en')} | ${(fileBytes / 1e6).toFixed(1)} | ${firstUpdate.toFixed(2)} | ${megabytes(peakBytes)} | ${seconds.toFixed(1)} |`,
    ),
    '',
    `The large file takes ${megabytes(large.peakBytes - small.peakBytes)} MB more than the small one; allowed are ${megabytes(limits.bytes)} MB, and ${limits.seconds} seconds to the first update.`,
    '',
    'Again: `npm run bench:stream`.',
    '',
  ].join('\n');
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}
