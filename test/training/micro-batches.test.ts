import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { methods } from '../../src/objectives/registry.js';
import { scoreForest } from '../../src/scoring/score-forest.js';
import type { Scorer } from '../../src/scoring/score-trees.js';
import { memory, noGrad } from '../../src/torch/index.js';
import { gradientStep, measure } from '../../src/training/gradient-step.js';
import { treesFor } from './example-trees.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/golden/models/${name}`, import.meta.url));

let policy: LoadedModel;
let frozen: LoadedModel;
let judge: LoadedModel;
beforeAll(async () => {
  policy = await loadModel(fixture('llama'));
  frozen = await loadModel(fixture('qwen2'));
  judge = await loadModel(fixture('llama-reward'), { head: 'score' });
  for (const { model } of [policy, judge]) for (const parameter of model.store.parameters.values()) parameter.train();
});
afterAll(() => {
  policy.dispose();
  frozen.dispose();
  judge.dispose();
});

const reference: Scorer = (_trees, forest, step) => noGrad(() => scoreForest(frozen.model, forest, step));
describe('a step is the same however it is cut and whatever the order of its examples', () => {
  it.each(Object.values(methods))('$name', async (method) => {
    const objective = method.bind(undefined);
    const trees = treesFor(objective.shape);
    const { model } = objective.reads === 'reward' ? judge : policy;
    const parameters = [...model.store.parameters.values()];
    const before = memory().handles;
    const remembered = objective.initialMemory.length === 0 ? [] : [0.1, 20];
    const outcomes = [
      { trees, microTokens: 100_000 },
      { trees, microTokens: 40 },
      { trees, microTokens: 1 },
      { trees: [...trees].reverse(), microTokens: 40 },
    ].map((cut) =>
      gradientStep(model, parameters, objective, cut.trees, {
        microTokens: cut.microTokens,
        reference,
        memory: remembered,
      }),
    );
    const [whole, ...others] = outcomes;
    const close = (ours = Number.NaN, exact = Number.NaN) =>
      expect(Math.abs(ours - exact)).toBeLessThan(2e-5 * Math.max(1, Math.abs(exact)));
    for (const other of others) {
      expect(Object.keys(other.metrics)).toEqual(Object.keys(whole?.metrics ?? {}));
      for (const [key, value] of Object.entries(whole?.metrics ?? {})) close(other.metrics[key], value);
      close(other.gradientNorm, whole?.gradientNorm);
      other.memory.forEach((value, at) => {
        close(value, whole?.memory[at]);
      });
    }
    expect(whole?.gradientNorm).toBeGreaterThan(0);
    // evaluation says the same, but for what it does not add to the memory
    if (objective.initialMemory.length === 0)
      for (const [key, value] of Object.entries(
        await measure(model, objective, trees, { microTokens: 40, reference, memory: remembered }),
      ))
        close(value, whole?.metrics[key]);
    for (const parameter of parameters) parameter.clearGradient();
    expect(memory().handles).toBe(before);
  });
});
