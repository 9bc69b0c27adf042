/**
 * Times our training step; the arguments and the last line are those of peers/trl_train.py. `--fused` names the operators of
 * ours that may be used, `--apart` computes a prompt once for each of its responses.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attachLora } from '../../dist/adapters/attach.js';
import { adapterConfig } from '../../dist/adapters/config.js';
import { loadModel } from '../../dist/models/load-model.js';
import { AdamW } from '../../dist/nn/adamw.js';
import { fusedParts, withPlainOperators } from '../../dist/nn/can-fuse.js';
import { clipFactor } from '../../dist/nn/gradient-norm.js';
import { methods } from '../../dist/objectives/registry.js';
import { scoreForest } from '../../dist/scoring/score-forest.js';
import { noGrad } from '../../dist/torch/index.js';
import { gradientStep } from '../../dist/training/gradient-step.js';
import { measureMultiplyRate, shapesOf } from '../../dist/training/profile/multiply-rate.js';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';
import { median } from '../measure/statistics.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rows: { type: 'string' },
    method: { type: 'string', default: 'orpo' },
    batch: { type: 'string', default: '4' },
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '3' },
    dtype: { type: 'string', default: 'fp32' },
    lora: { type: 'string', default: '0' },
    tokens: { type: 'string', default: '2048' },
    fused: { type: 'string', default: 'all' },
    apart: { type: 'boolean', default: false },
  },
});
const rank = Number(values.lora);
const batch = Number(values.batch);
const trees = readFileSync(values.rows, 'utf8')
  .trim()
  .split('\n')
  .map((line, row) => {
    const { prompt_ids, branches_ids, chosen_ids, rejected_ids } = JSON.parse(line);
    const shared = values.apart ? 1 : prompt_ids.length;
    const trunk = Int32Array.from(prompt_ids.slice(0, shared));
    const branches = (branches_ids ?? [chosen_ids, rejected_ids]).map((ids) => ({
      ids: Int32Array.from([...prompt_ids.slice(shared), ...ids]),
    }));
    // the first response is the best, for methods that learn from rankings
    const grades = branches.map((_, at) => branches.length - at);
    const ranked = methods[values.method].shape === 'ranked' ? { grades } : {};
    return { trunk, branches, ...ranked, origin: { file: values.rows, row } };
  });

const loaded = await loadModel(values.model, { precision: rank > 0 ? values.dtype : 'fp32' });
const { model } = loaded;
const lora = rank > 0 ? attachLora(model.store, adapterConfig.parse({ rank, alpha: 2 * rank }), 42) : undefined;
const trained = lora?.parameters ?? [...model.store.parameters.values()];
const dtype = values.dtype === 'bf16' ? 'bfloat16' : 'float32';
const frozen = lora === undefined ? await copyFor(values.method) : undefined;
for (const parameter of trained) parameter.train(dtype);
const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
const objective = methods[values.method].bind(values.method === 'orpo' ? { lambda: 0.1 } : undefined);
const settings = { microTokens: Number(values.tokens), ...(objective.reference ? { reference: reference() } : {}) };

/** Parts without an operator of ours. */
const plain = values.fused === 'all' ? [] : fusedParts.filter((part) => !values.fused.split(',').includes(part));
const seconds = [];
const losses = [];
let counted = 0;
let tokens = 0;
const before = measureMultiplyRate(dtype, shapesOf(model.sizes));
let others = watchOthers();
for (let step = 0; step < Number(values.warmup) + Number(values.steps); step++) {
  const warm = step < Number(values.warmup);
  if (step === Number(values.warmup)) {
    others = watchOthers();
    counted = flops();
  }
  const part = Array.from({ length: batch }, (_, i) => trees[(step * batch + i) % trees.length]);
  const begun = performance.now();
  const outcome = withPlainOperators(() => {
    const stepped = gradientStep(model, trained, objective, part, settings);
    optimiser.step(5e-6, clipFactor(stepped.gradientNorm, 1));
    return stepped;
  }, plain);
  for (const parameter of trained) parameter.clearGradient();
  losses.push(outcome.metrics.loss);
  if (warm) continue;
  seconds.push((performance.now() - begun) / 1000);
  tokens += outcome.tokens;
}
const share = others();
const work = flops() - counted;
const peak = peakResidentBytes();
const after = measureMultiplyRate(dtype, shapesOf(model.sizes));
const limit = Math.max(before.flops, after.flops);
const total = seconds.reduce((sum, one) => sum + one, 0);
console.log(
  JSON.stringify({
    type: 'result',
    median_seconds: median(seconds),
    steps_seconds: seconds,
    pairs_a_step: batch,
    tokens_a_step: tokens / seconds.length,
    peak_rss_bytes: peak,
    loss_first: losses[0],
    loss_last: losses.at(-1),
    useful_flops_a_step: work / seconds.length,
    multiply_rates: [before, after],
    limit_share: work / total / limit,
    dtype: values.dtype,
    lora: rank,
    other_cpu_share: share,
  }),
);

/** Operations of all products so far, a shared prompt's once, those of a second model too. */
function flops() {
  return model.store.work.done.flops + (frozen?.model.store.work.done.flops ?? 0);
}

/** The adapter switched off, or a second model. */
function reference() {
  if (lora !== undefined) return (_trees, forest, step) => lora.withDisabled(() => scoreForest(model, forest, step));
  return (_trees, forest, step) => noGrad(() => scoreForest(frozen.model, forest, step));
}

async function copyFor(method) {
  return methods[method].reference === true ? await loadModel(values.model, { precision: values.dtype }) : undefined;
}
