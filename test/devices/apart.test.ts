import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachLora } from '../../src/adapters/attach.js';
import { adapterConfig } from '../../src/adapters/config.js';
import { generateIds } from '../../src/generation/generate-ids.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { AdamW } from '../../src/nn/adamw.js';
import { gatherGradients } from '../../src/nn/gather-gradients.js';
import { clipFactor, gradientNorm } from '../../src/nn/gradient-norm.js';
import type { Parameter } from '../../src/nn/parameter.js';
import type { BoundObjective } from '../../src/objectives/objective.js';
import { onlineMethods } from '../../src/objectives/online/registry.js';
import { methods } from '../../src/objectives/registry.js';
import { scoreForest } from '../../src/scoring/score-forest.js';
import type { Scorer } from '../../src/scoring/score-trees.js';
import { backward, memory, noGrad, scope, toFloat32Array } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';
import { lookBack, tokenScores, updateTotals } from '../../src/training/loops/experience.js';
import { readShares, shareOf } from '../../src/training/shares.js';
import { ids, treesFor } from '../training/example-trees.js';
import { type Apart, openApart } from './open-apart.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/golden/models/${name}`, import.meta.url));

let apart: Apart;
beforeAll(async () => {
  apart = await openApart();
});

/** What a body gives with the model on the CPU and on the device apart. */
async function onBoth<T>(
  open: () => Promise<LoadedModel>,
  body: (loaded: LoadedModel, device: string) => T,
): Promise<{ cpu: T; apart: T }> {
  const before = memory();
  const on = async (device: string): Promise<T> => {
    const loaded = await open();
    const { store, score } = loaded.model;
    for (const parameter of [...store.parameters.values(), ...(score === undefined ? [] : [score])])
      parameter.move(device);
    try {
      return body(loaded, device);
    } finally {
      loaded.dispose();
    }
  };
  const results = { cpu: await on('cpu'), apart: await on(apart.device) };
  expect(memory().handles).toBe(before.handles);
  expect(memory().bytes).toBe(before.bytes);
  return results;
}

function expectClose(ours: readonly number[], exact: readonly number[], tolerance = 2e-5): void {
  expect(ours.length).toBe(exact.length);
  ours.forEach((value, i) => {
    const other = exact[i] ?? Number.NaN;
    expect(Math.abs(value - other)).toBeLessThan(tolerance * Math.max(1, Math.abs(other)));
  });
}

/** Two updates: losses and norms on the way, the weights after, and how often the device was waited for in each. */
function learn(loaded: LoadedModel, trained: readonly Parameter[], around?: (body: () => void) => void) {
  const optimiser = new AdamW(trained, { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0.01 });
  apart.waits();
  const waits: number[] = [];
  const numbers = [1, 2].flatMap(() => {
    const objective = methods.orpo.bind({ lambda: 0.5 });
    const step = {
      microTokens: 40,
      ...(around === undefined ? {} : { around: (_: number, body: () => void) => around(body) }),
    };
    const { metrics, gradientNorm: norm } = scope(() =>
      gradientStep(loaded.model, trained, objective, treesFor('pair'), step),
    );
    optimiser.step(1e-4, clipFactor(norm, 1));
    for (const parameter of trained) parameter.clearGradient();
    waits.push(apart.waits());
    return [...Object.values(metrics), norm];
  });
  optimiser.dispose();
  const weights = trained.flatMap((parameter) => [...scope(() => toFloat32Array(parameter.wide()))]);
  return { numbers, weights, waits };
}

describe.each(['llama', 'gemma2', 'qwen3', 'gpt2'])('%s on a device apart', (name) => {
  it.each(['float32', 'bfloat16'] as const)('learns in %s as on the CPU, and waits once an update', async (dtype) => {
    const both = await onBoth(
      () => loadModel(fixture(name)),
      (loaded) => {
        const trained = [...loaded.model.store.parameters.values()];
        for (const parameter of trained) parameter.train(dtype);
        return learn(loaded, trained);
      },
    );
    expect(both.apart.waits).toEqual([1, 1]);
    // Gemma 2 caps its scores, and the heads of this Qwen 3 are of no multiple of 8
    const flash = dtype === 'bfloat16' && ['llama', 'gpt2'].includes(name);
    expect(apart.flashCalls() > 0).toBe(flash);
    const tolerance = dtype === 'float32' ? 2e-6 : 1e-2;
    expectClose(both.apart.numbers, both.cpu.numbers, tolerance);
    const gap = both.apart.weights.reduce(
      (sum, value, i) => sum + Math.abs(value - (both.cpu.weights[i] ?? Number.NaN)),
      0,
    );
    // an update moves a weight by up to 1e-4
    expect(gap / both.cpu.weights.length).toBeLessThan(dtype === 'float32' ? 1e-7 : 1e-5);
  });

  it('learns an adapter under dropout, and writes the same', async () => {
    const both = await onBoth(
      () => loadModel(fixture(name)),
      (loaded) => {
        const texts = [...generateIds(loaded.model, [ids(1, 5), ids(2, 9)], { endIds: [], maxTokens: 12, batch: 2 })];
        const lora = attachLora(loaded.model.store, adapterConfig.parse({ rank: 4, alpha: 8, dropout: 0.1 }), 1);
        for (const parameter of lora.parameters) parameter.train();
        const learnt = learn(loaded, lora.parameters, (body) => lora.withDropout(7, body));
        lora.dispose();
        return { ...learnt, texts: texts.map(({ row, id }) => [row, id]) };
      },
    );
    expect(both.apart.texts).toEqual(both.cpu.texts);
    expect(both.apart.waits).toEqual([1, 1]);
    expectClose(both.apart.numbers, both.cpu.numbers);
    expectClose(both.apart.weights, both.cpu.weights, 1e-6);
  });
});

function openFor({ reads }: BoundObjective): Promise<LoadedModel> {
  return reads === 'reward' ? loadModel(fixture('llama-reward'), { head: 'score' }) : loadModel(fixture('llama'));
}

describe('a step on a device apart waits once', () => {
  it.each(Object.values(methods))('$name', async (method) => {
    const objective = method.bind(undefined);
    const trees = treesFor(objective.shape);
    const frozen = await loadModel(fixture('qwen2'));
    const reference: Scorer = (_trees, forest, step) => noGrad(() => scoreForest(frozen.model, forest, step));
    const both = await onBoth(
      () => openFor(objective),
      ({ model }, device) => {
        for (const parameter of frozen.model.store.parameters.values()) parameter.move(device);
        const trained = [...model.store.parameters.values()];
        for (const parameter of trained) parameter.train();
        apart.waits();
        const outcome = scope(() => gradientStep(model, trained, objective, trees, { microTokens: 40, reference }));
        return { outcome, waits: apart.waits() };
      },
    );
    frozen.dispose();
    // an objective that remembers reads its scores before the loss is known
    expect(both.apart.waits).toBe(objective.initialMemory.length > 0 ? 2 : 1);
    expect(Object.keys(both.apart.outcome.metrics)).toEqual(Object.keys(both.cpu.outcome.metrics));
    expectClose(Object.values(both.apart.outcome.metrics), Object.values(both.cpu.outcome.metrics));
    expectClose([both.apart.outcome.gradientNorm], [both.cpu.outcome.gradientNorm]);
  });

  it.each(['ppo', 'rloo', 'grpo', 'reinforce'] as const)('%s, once its samples are weighed', async (name) => {
    const method = onlineMethods[name].bind(undefined);
    if (method.kind !== 'tokens') throw new RangeError(`${name} weighs tokens`);
    const answered = treesFor('ranked').map((tree) => ({ tree, rewards: tree.branches.map((_, at) => 1 - at / 2) }));
    const both = await onBoth(
      () => loadModel(fixture('llama')),
      ({ model }) => {
        const trained = [...model.store.parameters.values()];
        for (const parameter of trained) parameter.train();
        const onlookers = { model, critic: undefined, frozen: undefined, temperature: 0.9 };
        const seen = lookBack([answered], onlookers);
        const sampled = answered.flatMap(({ tree }, group) =>
          (seen.get(tree) ?? []).map((one) => ({
            ...one,
            group,
            reference: one.logProbs,
            ...(method.critic === undefined ? {} : { values: one.logProbs }),
          })),
        );
        const { credits } = method.credit(sampled, method.initialMemory);
        const experiences = answered.map(({ tree, rewards }, group) => {
          const own = sampled.flatMap((one, at) => (one.group === group ? [at] : []));
          return {
            tree,
            rewards,
            sampled: own.flatMap((at) => sampled[at] ?? []),
            credits: own.flatMap((at) => credits[at] ?? []),
          };
        });
        apart.waits();
        const result = scope(() => {
          const scores = tokenScores(experiences, onlookers, updateTotals(experiences, 12));
          const { loss, metrics } = method.loss({ ...scores, values: method.critic && scores.logProbs });
          backward(loss);
          gatherGradients(trained);
          return readShares([shareOf(metrics)], gradientNorm(trained));
        });
        return { ...result, waits: apart.waits() };
      },
    );
    expect(both.apart.waits).toBe(1);
    expectClose(Object.values(both.apart.metrics), Object.values(both.cpu.metrics));
    expectClose([both.apart.norm], [both.cpu.norm]);
    expect(both.apart.norm).toBeGreaterThan(0);
  });
});
