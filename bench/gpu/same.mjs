/**
 * Compares a device with the CPU on the tests' small models of every architecture: the tokens of the reference
 * implementation, and loss, gradient norm and weights of two ORPO updates. Fails when they differ by more than rounding.
 *
 *   node bench/gpu/same.mjs [--device cuda] [--precision fp32|bf16]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateIds } from '../../dist/generation/generate-ids.js';
import { loadModel } from '../../dist/models/load-model.js';
import { AdamW } from '../../dist/nn/adamw.js';
import { clipFactor } from '../../dist/nn/gradient-norm.js';
import { methods } from '../../dist/objectives/registry.js';
import { openDevice } from '../../dist/torch/device.js';
import { gradientStep } from '../../dist/training/gradient-step.js';

const { values } = parseArgs({
  options: { device: { type: 'string', default: 'cuda' }, precision: { type: 'string', default: 'fp32' } },
});
const device = await openDevice(values.device);
/** Relative gaps of losses and norms: TF32 is off by default, so float32 differs by the order of sums alone. */
const TOLERANCE = values.precision === 'fp32' ? 1e-4 : 5e-2;

const models = fileURLToPath(new URL('../../test/fixtures/golden/models', import.meta.url));
const ids = (seed, length) => Int32Array.from({ length }, (_, at) => 3 + ((seed * 131 + at * 37 + at * at * 5) % 180));
const trees = [0, 1, 2].map((row) => ({
  trunk: ids(row, 4 + 3 * row),
  branches: [{ ids: ids(row + 10, 5 + row) }, { ids: ids(row + 20, 9 - row) }],
  origin: { file: 'made', row },
}));

async function learn(path, where) {
  const loaded = await loadModel(path, { device: where });
  const parameters = [...loaded.model.store.parameters.values()];
  const half = values.precision === 'bf16' && where !== 'cpu';
  for (const parameter of parameters) parameter.train(half ? 'bfloat16' : 'float32');
  const optimiser = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0.01 });
  const numbers = [1, 2].flatMap(() => {
    const objective = methods.orpo.bind({ lambda: 0.5 });
    const { metrics, gradientNorm } = gradientStep(loaded.model, parameters, objective, trees, { microTokens: 40 });
    optimiser.step(1e-4, clipFactor(gradientNorm, 1));
    for (const parameter of parameters) parameter.clearGradient();
    return [metrics.loss, gradientNorm];
  });
  optimiser.dispose();
  loaded.dispose();
  return numbers;
}

async function write(path, prompts) {
  const loaded = await loadModel(path, { device, precision: values.precision });
  const rows = prompts.map(() => []);
  for (const { row, id } of generateIds(loaded.model, prompts, { endIds: [], maxTokens: 12 })) rows[row].push(id);
  loaded.dispose();
  return rows;
}

let failed = 0;
for (const name of readdirSync(models)) {
  const path = join(models, name);
  if (!existsSync(join(path, 'expected.json'))) continue;
  const { input_ids, greedy_12 } = JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8'));
  try {
    const rows = await write(
      path,
      input_ids.map((row) => Int32Array.from(row)),
    );
    const sameTokens = JSON.stringify(rows) === JSON.stringify(greedy_12);
    const [ours, exact] = [await learn(path, device), await learn(path, 'cpu')];
    const gap = Math.max(...ours.map((value, i) => Math.abs(value - exact[i]) / Math.abs(exact[i])));
    // bfloat16 may part from the reference's tokens where two are nearly as likely
    const good = gap < TOLERANCE && (sameTokens || values.precision === 'bf16');
    if (!good) failed++;
    console.log(JSON.stringify({ type: 'model', name, device, precision: values.precision, good, sameTokens, gap }));
  } catch (error) {
    failed++;
    console.log(JSON.stringify({ type: 'model', name, device, good: false, error: String(error) }));
  }
}
console.log(JSON.stringify({ type: 'result', device, precision: values.precision, failed }));
process.exitCode = failed > 0 ? 1 : 0;
