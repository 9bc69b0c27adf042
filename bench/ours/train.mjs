/**
 * Times our training step; the arguments and the last line are those of peers/trl_train.py. `--fused` names the operators of
 * ours that may be used, `--apart` computes a prompt once for each of its responses.
 */
import { parseArgs } from 'node:util';
import { fusedParts } from '../../dist/nn/can-fuse.js';
import { emptyCache } from '../../dist/torch/index.js';
import { measureMultiplyRate, shapesOf } from '../../dist/training/profile/multiply-rate.js';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';
import { median } from '../measure/statistics.mjs';
import { openTrainer, trainerOptions } from './open-trainer.mjs';

const { values } = parseArgs({
  options: {
    ...trainerOptions,
    fused: { type: 'string', default: 'all' },
    apart: { type: 'boolean', default: false },
  },
});
const batch = Number(values.batch);
const trainer = await openTrainer(values, values.apart);
const plain = values.fused === 'all' ? [] : fusedParts.filter((part) => !values.fused.split(',').includes(part));
const seconds = [];
const losses = [];
let counted = 0;
let tokens = 0;
const before = measureMultiplyRate(trainer.dtype, shapesOf(trainer.sizes));
let others = watchOthers();
for (let step = 0; step < Number(values.warmup) + Number(values.steps); step++) {
  const warm = step < Number(values.warmup);
  if (step === Number(values.warmup)) {
    others = watchOthers();
    counted = trainer.flops();
  }
  // as in a run that has left its first updates behind
  if (step + 1 === Number(values.warmup)) emptyCache();
  const begun = performance.now();
  const outcome = trainer.step(trainer.part(step, batch), plain);
  losses.push(outcome.metrics.loss);
  if (warm) continue;
  seconds.push((performance.now() - begun) / 1000);
  tokens += outcome.tokens;
}
const share = others();
const work = trainer.flops() - counted;
const peak = peakResidentBytes();
const after = measureMultiplyRate(trainer.dtype, shapesOf(trainer.sizes));
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
    lora: Number(values.lora),
    other_cpu_share: share,
  }),
);
