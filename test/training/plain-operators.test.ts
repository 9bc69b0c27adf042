import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generateIds } from '../../src/generation/generate-ids.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { AdamW } from '../../src/nn/adamw.js';
import { withJoinedAttention, withPlainOperators } from '../../src/nn/can-fuse.js';
import { clipFactor } from '../../src/nn/gradient-norm.js';
import { methods } from '../../src/objectives/registry.js';
import { openDevice } from '../../src/torch/device.js';
import { findTorch } from '../../src/torch/engine/find-torch.js';
import { hasGpu } from '../../src/torch/engine/gpu.js';
import { memory, scope, toFloat32Array } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/golden/models/${name}`, import.meta.url));
const ids = (seed: number, length: number) =>
  Int32Array.from({ length }, (_, at) => 3 + ((seed * 131 + at * 37 + at * at * 5) % 180));

const trees = [0, 1, 2].map((row) => ({
  trunk: ids(row, 4 + 3 * row),
  branches: [{ ids: ids(row + 10, 5 + row) }, { ids: ids(row + 20, 9 - row) }],
  origin: { file: 'made', row },
}));

/** Two updates of every weight: the losses and norms on the way, and the weights after. */
function train(loaded: LoadedModel): { numbers: number[]; weights: Map<string, Float32Array> } {
  const parameters = [...loaded.model.store.parameters.values()];
  for (const parameter of parameters) parameter.train();
  const optimiser = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0.01 });
  const numbers = [1, 2].flatMap(() => {
    const objective = methods.orpo.bind({ lambda: 0.5 });
    const { metrics, gradientNorm } = gradientStep(loaded.model, parameters, objective, trees, { microTokens: 40 });
    optimiser.step(1e-4, clipFactor(gradientNorm, 1));
    for (const parameter of parameters) parameter.clearGradient();
    return [...Object.values(metrics), gradientNorm];
  });
  const weights = new Map(
    parameters.map((parameter) => [parameter.name, scope(() => toFloat32Array(parameter.wide()))]),
  );
  optimiser.dispose();
  return { numbers, weights };
}

// how a GPU computes: that it makes the same step is shown where there is none
describe.each([
  ...['llama', 'gemma2', 'qwen3', 'gpt2'].map((name) => [name, 'plain operators alone', withPlainOperators] as const),
  // Gemma 2 caps its scores, which plain operators alone do
  ...['llama', 'qwen3', 'gpt2'].map((name) => [name, 'joined attention', withJoinedAttention] as const),
])('%s with %s', (name, _form, within) => {
  it('learns and writes the same', async () => {
    const before = memory();
    const results = [];
    for (const other of [false, true]) {
      const loaded = await loadModel(fixture(name));
      const all = () => {
        const answers = [...generateIds(loaded.model, [ids(1, 5), ids(2, 9)], { endIds: [], maxTokens: 12, batch: 2 })];
        const drawn = [...generateIds(loaded.model, [ids(3, 4)], { endIds: [], maxTokens: 12, temperature: 1 })];
        return { texts: [...answers, ...drawn].map(({ row, id }) => [row, id]), ...train(loaded) };
      };
      results.push(other ? within(all) : all());
      loaded.dispose();
    }
    const [fused, other] = results;
    if (fused === undefined || other === undefined) throw new RangeError('two results are needed');
    expect(other.texts).toEqual(fused.texts);
    other.numbers.forEach((value, i) => {
      const exact = fused.numbers[i] ?? Number.NaN;
      expect(Math.abs(value - exact)).toBeLessThan(2e-5 * Math.max(1, Math.abs(exact)));
    });
    const gap = (one: Float32Array, other: Float32Array) =>
      one.reduce((sum, value, i) => sum + Math.abs(value - (other[i] ?? Number.NaN)), 0) / one.length;
    // an update moves a weight by up to 1e-4; the large epsilon keeps gradients that are zero but for rounding from it
    for (const [key, values] of other.weights)
      expect(gap(values, fused.weights.get(key) ?? new Float32Array(0)), key).toBeLessThan(1e-7);
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('openDevice', () => {
  it('takes the CPU where nothing else is asked for or there', async () => {
    expect(await openDevice('cpu')).toBe('cpu');
    if (!hasGpu()) expect(await openDevice('auto')).toBe('cpu');
  });

  it.skipIf(hasGpu())('says why cuda cannot be used, and what to do', async () => {
    const reason = findTorch()?.cuda === undefined ? 'is built without CUDA' : 'The device cuda cannot be used';
    await expect(openDevice('cuda')).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining(reason),
      hint: expect.stringContaining('device cpu'),
    });
  });
});
