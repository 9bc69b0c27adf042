/**
 * Times ORPO updates of a model of SmolLM2-135M's shape with random weights, which it makes in `--folder` with rows for it,
 * so that nothing need be downloaded and another trainer can take the same.
 *
 *   node bench/gpu/steps.mjs --folder DIR [--device cuda] [--precision bf16] [--lora 16] [--batch 8] [--steps 10] [--make-only]
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { attachLora } from '../../dist/adapters/attach.js';
import { adapterConfig } from '../../dist/adapters/config.js';
import { randomModel } from '../../dist/models/initialise-model.js';
import { loadModel } from '../../dist/models/load-model.js';
import { ModelConfig } from '../../dist/models/model-config.js';
import { saveModel } from '../../dist/models/save-model.js';
import { AdamW } from '../../dist/nn/adamw.js';
import { clipFactor } from '../../dist/nn/gradient-norm.js';
import { methods } from '../../dist/objectives/registry.js';
import { openDevice } from '../../dist/torch/device.js';
import { gradientStep } from '../../dist/training/gradient-step.js';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    device: { type: 'string', default: 'cuda' },
    precision: { type: 'string', default: 'bf16' },
    lora: { type: 'string', default: '0' },
    batch: { type: 'string', default: '8' },
    steps: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '3' },
    layers: { type: 'string', default: '30' },
    'make-only': { type: 'boolean', default: false },
  },
});
const fixture = fileURLToPath(new URL('../../test/fixtures/golden/models/llama', import.meta.url));
await make(values.folder);
if (!values['make-only']) await time(values.folder);

async function make(folder) {
  if (existsSync(join(folder, 'rows.jsonl'))) return;
  mkdirSync(folder, { recursive: true });
  // the tokenizer and the template are those of a small model of the same architecture: rows hold ids already
  const small = await loadModel(fixture);
  const config = new ModelConfig(
    {
      ...small.config.values,
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: Number(values.layers),
      num_attention_heads: 9,
      num_key_value_heads: 3,
      head_dim: 64,
      vocab_size: 49152,
      max_position_embeddings: 2048,
      tie_word_embeddings: true,
    },
    'SmolLM2-135M',
  );
  const model = randomModel(config, 1);
  saveModel({ ...small, config, model }, folder);
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    if (existsSync(join(fixture, name)) && !existsSync(join(folder, name)))
      cpSync(join(fixture, name), join(folder, name));
  model.store.dispose();
  small.dispose();
  const ids = (seed, length) => Array.from({ length }, (_, i) => 100 + ((seed * 7919 + i * 104_729) % 49_000));
  // lengths like those of chat preferences: prompts of 40 to 240 tokens, responses of 20 to 250
  const rows = Array.from({ length: 128 }, (_, row) => ({
    prompt_ids: ids(row, 40 + ((row * 37) % 200)),
    chosen_ids: ids(row + 500, 20 + ((row * 53) % 230)),
    rejected_ids: ids(row + 900, 20 + ((row * 71) % 230)),
  }));
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

async function time(folder) {
  const device = await openDevice(values.device);
  const rank = Number(values.lora);
  const [batch, warmup, steps] = [values.batch, values.warmup, values.steps].map(Number);
  const trees = readFileSync(join(folder, 'rows.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line, row) => {
      const { prompt_ids, chosen_ids, rejected_ids } = JSON.parse(line);
      const branches = [chosen_ids, rejected_ids].map((ids) => ({ ids: Int32Array.from(ids) }));
      return { trunk: Int32Array.from(prompt_ids), branches, origin: { file: folder, row } };
    });
  const loaded = await loadModel(folder, { device, precision: rank > 0 ? values.precision : 'fp32' });
  const lora =
    rank > 0 ? attachLora(loaded.model.store, adapterConfig.parse({ rank, alpha: 2 * rank }), 42) : undefined;
  const trained = lora?.parameters ?? [...loaded.model.store.parameters.values()];
  for (const parameter of trained) parameter.train(values.precision === 'bf16' ? 'bfloat16' : 'float32');
  const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const objective = methods.orpo.bind({ lambda: 0.1 });
  const seconds = [];
  let loss;
  for (let step = 0; step < warmup + steps; step++) {
    const begun = performance.now();
    const part = Array.from({ length: batch }, (_, i) => trees[(step * batch + i) % trees.length]);
    const { metrics, gradientNorm } = gradientStep(loaded.model, trained, objective, part, { microTokens: 8192 });
    optimiser.step(1e-6, clipFactor(gradientNorm, 1));
    for (const parameter of trained) parameter.clearGradient();
    loss ??= metrics.loss;
    // the next step's first number waits for this one's update, so the times add up to the whole
    if (step >= warmup) seconds.push((performance.now() - begun) / 1000);
  }
  const sorted = [...seconds].sort((a, b) => a - b);
  const median_seconds = sorted[Math.floor(sorted.length / 2)];
  console.log(
    JSON.stringify({ type: 'result', device, ...values, median_seconds, steps_seconds: seconds, loss_first: loss }),
  );
}
