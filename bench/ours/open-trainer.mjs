/** A model with its optimiser and rows, ready for steps; read from the arguments that are those of peers/trl_train.py. */
import { readFileSync } from 'node:fs';
import { attachLora } from '../../dist/adapters/attach.js';
import { adapterConfig } from '../../dist/adapters/config.js';
import { loadModel } from '../../dist/models/load-model.js';
import { AdamW } from '../../dist/nn/adamw.js';
import { withPlainOperators } from '../../dist/nn/can-fuse.js';
import { clipFactor } from '../../dist/nn/gradient-norm.js';
import { methods } from '../../dist/objectives/registry.js';
import { scoreForest } from '../../dist/scoring/score-forest.js';
import { noGrad } from '../../dist/torch/index.js';
import { gradientStep } from '../../dist/training/gradient-step.js';

export const trainerOptions = {
  model: { type: 'string' },
  rows: { type: 'string' },
  method: { type: 'string', default: 'orpo' },
  batch: { type: 'string', default: '4' },
  steps: { type: 'string', default: '5' },
  warmup: { type: 'string', default: '3' },
  dtype: { type: 'string', default: 'fp32' },
  lora: { type: 'string', default: '0' },
  tokens: { type: 'string', default: '2048' },
};

/** @param apart a prompt is computed once for each of its responses */
export async function openTrainer(
  { model: folder, rows, method, dtype: precision, lora: given, tokens },
  apart = false,
) {
  const rank = Number(given);
  const objective = methods[method].bind(method === 'orpo' ? { lambda: 0.1 } : undefined);
  const trees = readTrees(rows, methods[method].shape === 'ranked', apart);
  const { model } = await loadModel(folder, { precision: rank > 0 ? precision : 'fp32' });
  const lora = rank > 0 ? attachLora(model.store, adapterConfig.parse({ rank, alpha: 2 * rank }), 42) : undefined;
  const trained = lora?.parameters ?? [...model.store.parameters.values()];
  const dtype = precision === 'bf16' ? 'bfloat16' : 'float32';
  // the reference is the adapter switched off, or a second model
  const frozen = objective.reference && lora === undefined ? await loadModel(folder, { precision }) : undefined;
  for (const parameter of trained) parameter.train(dtype);
  const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const reference = (_trees, forest, step) =>
    lora === undefined
      ? noGrad(() => scoreForest(frozen.model, forest, step))
      : lora.withDisabled(() => scoreForest(model, forest, step));
  const settings = { microTokens: Number(tokens), ...(objective.reference ? { reference } : {}) };
  return {
    dtype,
    sizes: model.sizes,
    /** The rows of one step of so many, taken in a circle. */
    part: (step, batch) => Array.from({ length: batch }, (_, i) => trees[(step * batch + i) % trees.length]),
    /** One update; `plain` are the parts without an operator of ours. */
    step(part, plain = []) {
      const outcome = withPlainOperators(() => {
        const stepped = gradientStep(model, trained, objective, part, settings);
        optimiser.step(5e-6, clipFactor(stepped.gradientNorm, 1));
        return stepped;
      }, plain);
      for (const parameter of trained) parameter.clearGradient();
      return outcome;
    },
    /** Operations of all products so far, a shared prompt's once, those of a second model too. */
    flops: () => model.store.work.done.flops + (frozen?.model.store.work.done.flops ?? 0),
  };
}

function readTrees(path, ranked, apart) {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line, row) => {
      const { prompt_ids, branches_ids, chosen_ids, rejected_ids } = JSON.parse(line);
      const shared = apart ? 1 : prompt_ids.length;
      const trunk = Int32Array.from(prompt_ids.slice(0, shared));
      const branches = (branches_ids ?? [chosen_ids, rejected_ids]).map((ids) => ({
        ids: Int32Array.from([...prompt_ids.slice(shared), ...ids]),
      }));
      // the first response is the best, for methods that learn from rankings
      const grades = branches.map((_, at) => branches.length - at);
      return { trunk, branches, ...(ranked ? { grades } : {}), origin: { file: path, row } };
    });
}
