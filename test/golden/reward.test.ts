import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildForest } from '../../src/data/forest.js';
import type { Tree } from '../../src/data/tree.js';
import { loadModel } from '../../src/models/load-model.js';
import { methods } from '../../src/objectives/registry.js';
import { rewardForest } from '../../src/scoring/reward-forest.js';
import { stepTotals } from '../../src/scoring/step-totals.js';
import { memory, noGrad, scope, toNumbers } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';
import { entries, goldenFolders, readGolden } from './golden-folder.js';

interface Expected {
  readonly model: string;
  /** Of each pair: chosen, rejected. */
  readonly scores: readonly (readonly [number, number])[];
  readonly loss: number;
  readonly grad_norm: number;
}
interface Pairs {
  readonly pairs: readonly { prompt: readonly number[]; chosen: readonly number[]; rejected: readonly number[] }[];
}

const TOLERANCE = 2e-5;

describe.each(goldenFolders())('$name methods/reward.json', ({ path }) => {
  const missing = !entries(path, 'methods').includes('reward.json');

  it.skipIf(missing)('scores, loss and gradient norm, whole and in micro-batches', async () => {
    const expected = readGolden<Expected>(path, 'methods', 'reward.json');
    const trees = readGolden<Pairs>(path, 'methods', 'pairs.json').pairs.map(
      ({ prompt, chosen, rejected }, row): Tree => ({
        trunk: Int32Array.from(prompt),
        branches: [{ ids: Int32Array.from(chosen) }, { ids: Int32Array.from(rejected) }],
        grades: [1, 0],
        origin: { file: 'pairs.json', row },
      }),
    );
    const { model, dispose } = await loadModel(join(path, expected.model), { head: 'score' });
    const forest = buildForest(trees, { nll: 'response', whole: true });
    const scores = scope(() =>
      noGrad(() => toNumbers(rewardForest(model, forest, stepTotals(trees, 'response')).sums)),
    );
    for (const [i, exact] of expected.scores.flat().entries())
      expect(Math.abs((scores[i] ?? Number.NaN) - exact)).toBeLessThan(TOLERANCE);
    const parameters = [...model.store.parameters.values()];
    for (const parameter of parameters) parameter.train();
    const before = memory().handles;
    for (const microTokens of [100_000, 30]) {
      const outcome = gradientStep(model, parameters, methods.reward.bind({}), trees, { microTokens });
      expect(Math.abs((outcome.metrics.loss ?? Number.NaN) - expected.loss)).toBeLessThan(TOLERANCE);
      expect(Math.abs(outcome.gradientNorm - expected.grad_norm)).toBeLessThan(TOLERANCE * expected.grad_norm);
    }
    for (const parameter of parameters) parameter.clearGradient();
    expect(memory().handles).toBe(before);
    dispose();
  });
});
