/** Times our training step; the arguments and the last line are those of peers/trl_orpo.py. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attachLora } from '../dist/adapters/attach.js';
import { adapterConfig } from '../dist/adapters/config.js';
import { loadModel } from '../dist/models/load-model.js';
import { AdamW } from '../dist/nn/adamw.js';
import { clipFactor } from '../dist/nn/gradient-norm.js';
import { methods } from '../dist/objectives/registry.js';
import { gradientStep } from '../dist/training/gradient-step.js';

const { values } = parseArgs({
  options: Object.fromEntries(
    ['model', 'rows', 'batch', 'steps', 'warmup', 'dtype', 'lora'].map((name) => [
      name,
      { type: 'string', default: '' },
    ]),
  ),
});
const rank = Number(values.lora);
const batch = Number(values.batch);
const trees = readFileSync(values.rows, 'utf8')
  .trim()
  .split('\n')
  .map((line, row) => {
    const { prompt_ids, chosen_ids, rejected_ids } = JSON.parse(line);
    const branches = [chosen_ids, rejected_ids].map((ids) => ({ ids: Int32Array.from(ids) }));
    return { trunk: Int32Array.from(prompt_ids), branches, origin: { file: values.rows, row } };
  });

const loaded = await loadModel(values.model, { precision: rank > 0 ? values.dtype : 'fp32' });
const lora = rank > 0 ? attachLora(loaded.model.store, adapterConfig.parse({ rank, alpha: 2 * rank }), 42) : undefined;
const trained = lora?.parameters ?? [...loaded.model.store.parameters.values()];
for (const parameter of trained) parameter.train(values.dtype === 'bf16' ? 'bfloat16' : 'float32');
const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
const objective = methods.orpo.bind({ lambda: 0.1 });

const seconds = [];
let first;
for (let step = 0; step < Number(values.warmup) + Number(values.steps); step++) {
  const begun = performance.now();
  const part = Array.from({ length: batch }, (_, i) => trees[(step * batch + i) % trees.length]);
  const { metrics, gradientNorm } = gradientStep(loaded.model, trained, objective, part, { microTokens: 1024 });
  optimiser.step(1e-6, clipFactor(gradientNorm, 1));
  for (const parameter of trained) parameter.clearGradient();
  first ??= metrics.loss;
  if (step >= Number(values.warmup)) seconds.push((performance.now() - begun) / 1000);
}
const sorted = [...seconds].sort((a, b) => a - b);
console.log(
  JSON.stringify({
    type: 'result',
    median_seconds: sorted[Math.floor(sorted.length / 2)],
    steps_seconds: seconds,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    loss_first: first,
  }),
);
