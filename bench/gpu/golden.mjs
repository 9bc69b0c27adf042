/**
 * Runs the reference numbers of transformers, TRL and PEFT on a device: logits of the models of every architecture, and loss,
 * metrics and gradients of ORPO, as the golden tests do on the CPU. Those need a test runner; this needs Node alone.
 *
 *   node bench/gpu/golden.mjs [--device cuda] [--precision fp32|bf16]
 *
 * Reads test/fixtures/golden, and GOLDEN_DIR where it is set. Fails when a number is further off than its dtype rounds.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadAdapter } from '../../dist/adapters/peft-folder.js';
import { readSafetensors } from '../../dist/files/safetensors.js';
import { loadModel } from '../../dist/models/load-model.js';
import { ForestAttention } from '../../dist/nn/forest-attention.js';
import { logits } from '../../dist/nn/token-log-probs.js';
import { methods } from '../../dist/objectives/registry.js';
import { openDevice } from '../../dist/torch/device.js';
import { fromIndices, MappedFile, noGrad, scope, toFloat32Array } from '../../dist/torch/index.js';
import { gradientStep } from '../../dist/training/gradient-step.js';

const { values } = parseArgs({
  options: { device: { type: 'string', default: 'cuda' }, precision: { type: 'string', default: 'fp32' } },
});
const device = await openDevice(values.device);
const exact = values.precision === 'fp32';
/** Of the largest number of what is compared: sums in another order, or 8 binary digits through a few layers. */
const TOLERANCE = exact ? 1e-4 : 5e-2;
/** What is compared is taken to hold numbers of this size at least: sums that cancel leave no fewer digits. */
const SMALLEST = { logits: 1, metrics: 1, gradients: 0.1 };
/**
 * TRL averages logits over padding, so they say nothing of a loss without padding. In bfloat16 a rank may turn over, and the
 * small differences of two log-probs are judged by those.
 */
const LEFT_OUT = exact ? /^logits\// : /^logits\/|accuracies$|margins$|log_odds_chosen$/;

const folders = [fileURLToPath(new URL('../../test/fixtures/golden', import.meta.url)), process.env.GOLDEN_DIR];
let checked = 0;
let failed = 0;
for (const folder of folders.filter((path) => path !== undefined && existsSync(path))) {
  for (const name of namesIn(join(folder, 'models')))
    if (existsSync(join(folder, 'models', name, 'expected.json')))
      await check(`models/${name}`, () => logitsOff(join(folder, 'models', name)));
  if (!existsSync(join(folder, 'methods/pairs.json'))) continue;
  const pairs = read(folder, 'methods/pairs.json');
  const cases = Object.entries(read(folder, 'methods/orpo.json')).filter(([key]) => key.startsWith('lambda='));
  for (const [key, expected] of cases)
    await check(`methods/orpo ${key}`, () =>
      stepOff(folder, pairs, pairs.model, { ...expected, lambda: Number(key.slice(7)) }, `orpo.${key}.grads`),
    );
  for (const file of namesIn(join(folder, 'methods'))) {
    const name = /^orpo\.([a-z0-9-]+)\.json$/.exec(file)?.[1];
    if (name === undefined) continue;
    const model = name === 'lora' ? pairs.model : join('models', name);
    await check(`methods/orpo ${name}`, () =>
      stepOff(folder, pairs, model, read(folder, 'methods', file), `orpo.${name}.grads`),
    );
  }
}
console.log(JSON.stringify({ type: 'result', device, precision: values.precision, checked, failed }));
process.exitCode = failed > 0 || checked === 0 ? 1 : 0;

async function check(name, run) {
  const outcome = await run().then(
    (gaps) => ({ good: Object.values(gaps).every((gap) => gap < TOLERANCE), ...gaps }),
    (error) => ({ good: false, error: String(error) }),
  );
  checked++;
  if (!outcome.good) failed++;
  console.log(JSON.stringify({ type: 'golden', name, device, precision: values.precision, ...outcome }));
}

/** Of the logits of each text. */
async function logitsOff(folder) {
  const reference = arrays(join(folder, 'expected.safetensors'));
  const loaded = await loadModel(folder, { device, precision: values.precision });
  const { model } = loaded;
  const gaps = read(folder, 'expected.json').input_ids.map((ids, i) => {
    const ours = scope(() =>
      noGrad(() => {
        const positions = fromIndices(ids.map((_, at) => at));
        const layout = [{ trunkBegin: 0, trunkLength: ids.length, branches: [] }];
        return toFloat32Array(
          logits(model.hidden(fromIndices(ids), new ForestAttention(layout, positions)), model.head),
        );
      }),
    );
    return relativeGap(ours, reference.get(`logits_${i}`), SMALLEST.logits);
  });
  loaded.dispose();
  return { logits: Math.max(...gaps) };
}

/** Of the loss, the metrics, and in float32 the gradients of one step of all weights, or of an adapter's. */
async function stepOff(folder, { pairs }, model, { adapter, lambda, loss, metrics }, gradients) {
  const trees = pairs.map(({ prompt, chosen, rejected }, row) => ({
    trunk: Int32Array.from(prompt),
    branches: [chosen, rejected].map((ids) => ({ ids: Int32Array.from(ids) })),
    origin: { file: 'pairs.json', row },
  }));
  const loaded = await loadModel(join(folder, model), {
    device,
    precision: adapter === undefined ? 'fp32' : values.precision,
  });
  const set = adapter === undefined ? undefined : loadAdapter(loaded.model.store, join(folder, adapter));
  const trained = set?.parameters ?? [...loaded.model.store.parameters.values()];
  for (const parameter of trained) parameter.train(exact ? 'float32' : 'bfloat16');
  const outcome = gradientStep(loaded.model, trained, methods.orpo.bind({ lambda }), trees, { microTokens: 30 });
  const numbers = Object.entries({ loss, ...metrics }).filter(([key]) => !LEFT_OUT.test(key));
  const gaps = {
    metrics: Math.max(...numbers.map(([key, value]) => relativeGap([outcome.metrics[key]], [value], SMALLEST.metrics))),
  };
  if (exact) {
    const reference = arrays(join(folder, 'methods', `${gradients}.safetensors`));
    const own = new Map(
      trained.map(({ name, gradient }) => [
        name.replace(/\.lora_([AB])\.weight$/, '.lora_$1.default.weight'),
        gradient,
      ]),
    );
    gaps.gradients = Math.max(
      ...[...reference].map(([key, exactly]) => {
        if (!own.has(key)) throw new Error(`nothing here is called ${key}`);
        const gradient = own.get(key);
        // a weight that nothing depends on has no gradient here, and zeros there
        const ours = gradient === undefined ? new Float32Array(exactly.length) : scope(() => toFloat32Array(gradient));
        return relativeGap(ours, exactly, SMALLEST.gradients);
      }),
    );
  }
  set?.dispose();
  loaded.dispose();
  return gaps;
}

/** The largest difference over the largest number, or over `smallest` where all are smaller. */
function relativeGap(ours, reference, smallest) {
  if (reference === undefined || ours.length !== reference.length) return Number.POSITIVE_INFINITY;
  const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), smallest);
  const gap = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - (ours[i] ?? Number.NaN))), 0);
  return ours.some((value) => !Number.isFinite(value)) ? Number.POSITIVE_INFINITY : gap / scale;
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function read(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

/** Every tensor of a safetensors file. */
function arrays(path) {
  const file = new MappedFile(path);
  try {
    return new Map(
      [...readSafetensors(path).tensors].map(([key, { offset, shape }]) => [
        key,
        scope(() => toFloat32Array(file.tensor(offset, shape, 'float32'))),
      ]),
    );
  } finally {
    file.dispose();
  }
}
