import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAdapter } from '../../src/adapters/peft-folder.js';
import type { Tree } from '../../src/data/tree.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { AdamW } from '../../src/nn/adamw.js';
import { ForestAttention } from '../../src/nn/forest-attention.js';
import { clipFactor } from '../../src/nn/gradient-norm.js';
import type { Parameter } from '../../src/nn/parameter.js';
import { type ScheduleName, scheduleFactor } from '../../src/nn/schedule.js';
import { logits } from '../../src/nn/token-log-probs.js';
import { methods } from '../../src/objectives/registry.js';
import { fromIndices, noGrad, scope, toFloat32Array } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';
import {
  entries,
  goldenFolders,
  largestDifference,
  readArrays,
  readGolden,
  skipWhatIsAbsent,
} from './golden-folder.js';

interface Pairs {
  readonly model: string;
  readonly pairs: readonly { prompt: readonly number[]; chosen: readonly number[]; rejected: readonly number[] }[];
}
interface OrpoCase {
  readonly adapter?: string;
  readonly lambda: number;
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}
interface Trajectory {
  readonly lambda: number;
  readonly wd: number;
  readonly clip: number;
  readonly warmup_steps: number;
  readonly total_steps: number;
  readonly schedule: ScheduleName;
  readonly steps: readonly { loss: number; grad_norm: number; lr: number }[];
}

/** TRL averages these over padding, so they say nothing of a loss without padding. */
const OVER_PADDING = /^logits\//;
const LOSS_TOLERANCE = 2e-5;
const GRADIENT_TOLERANCE = 2e-5;

function trees({ pairs }: Pairs): Tree[] {
  return pairs.map(({ prompt, chosen, rejected }, row) => ({
    trunk: Int32Array.from(prompt),
    branches: [{ ids: Int32Array.from(chosen) }, { ids: Int32Array.from(rejected) }],
    origin: { file: 'pairs.json', row },
  }));
}

function trainAll({ model }: LoadedModel): Parameter[] {
  const parameters = [...model.store.parameters.values()];
  for (const parameter of parameters) parameter.train();
  return parameters;
}

function expectMetrics(
  ours: Readonly<Record<string, number>>,
  { loss, metrics }: Pick<OrpoCase, 'loss' | 'metrics'>,
): void {
  expect(Math.abs((ours.loss ?? Number.NaN) - loss)).toBeLessThan(LOSS_TOLERANCE);
  for (const [name, value] of Object.entries(metrics)) {
    if (OVER_PADDING.test(name)) continue;
    expect(Math.abs((ours[name] ?? Number.NaN) - value), name).toBeLessThan(LOSS_TOLERANCE);
  }
}

/** Compares each gradient with the reference's of that name. GPT-2's are stored as the checkpoint's `[in, out]`. */
function expectGradients(
  parameters: readonly Parameter[],
  reference: ReadonlyMap<string, Float32Array>,
  rename: (name: string) => string,
): void {
  const compared = new Set<string>();
  for (const parameter of parameters) {
    const exact = reference.get(rename(parameter.name));
    if (exact === undefined) continue;
    compared.add(rename(parameter.name));
    const gradient = parameter.gradient;
    const ours = gradient === undefined ? new Float32Array(exact.length) : scope(() => toFloat32Array(gradient));
    expect(largestDifference(ours, exact), parameter.name).toBeLessThan(GRADIENT_TOLERANCE);
  }
  expect([...reference.keys()].filter((name) => !compared.has(name))).toEqual([]);
}

skipWhatIsAbsent('methods', 'pairs.json');
for (const { name, path } of goldenFolders('methods', 'pairs.json')) {
  const folder = join(path, 'methods');
  const shared = readGolden<Pairs>(folder, 'pairs.json');
  const modelOf = (architecture: string) => join(path, 'models', architecture);

  describe(`${name} methods`, () => {
    it.each(['lambda=0.1', 'lambda=1.0'])('orpo.json %s, gradients too, under any micro-batching', async (key) => {
      const loaded = await loadModel(join(path, shared.model));
      const parameters = trainAll(loaded);
      const cases = readGolden<Record<string, Pick<OrpoCase, 'loss' | 'metrics'>>>(folder, 'orpo.json');
      const expected = cases[key];
      if (expected === undefined) throw new Error(`orpo.json has no ${key}`);
      for (const microTokens of [100_000, 30]) {
        const objective = methods.orpo.bind({ lambda: Number(key.slice(7)) });
        const { metrics } = gradientStep(loaded.model, parameters, objective, trees(shared), { microTokens });
        expectMetrics(metrics, expected);
        expectGradients(parameters, readArrays(folder, `orpo.${key}.grads.safetensors`), (own) => own);
      }
      loaded.dispose();
    });

    const single = entries(folder).flatMap((file) => /^orpo\.([a-z0-9-]+)\.json$/.exec(file)?.[1] ?? []);
    it.each(single.filter((kind) => kind !== 'lora'))('orpo.%s.json, gradients too', async (architecture) => {
      const expected = readGolden<OrpoCase>(folder, `orpo.${architecture}.json`);
      const loaded = await loadModel(modelOf(architecture));
      const parameters = trainAll(loaded);
      const objective = methods.orpo.bind({ lambda: expected.lambda });
      const { metrics } = gradientStep(loaded.model, parameters, objective, trees(shared), { microTokens: 100_000 });
      expectMetrics(metrics, expected);
      expectGradients(parameters, readArrays(folder, `orpo.${architecture}.grads.safetensors`), (own) => own);
      loaded.dispose();
    });

    it.runIf(single.includes('lora'))('orpo.lora.json and lora.logits, gradients too', async () => {
      const expected = readGolden<OrpoCase>(folder, 'orpo.lora.json');
      const loaded = await loadModel(join(path, shared.model));
      const set = loadAdapter(loaded.model.store, join(path, expected.adapter ?? ''));
      const first = shared.pairs[0];
      const ids = [...(first?.prompt ?? []), ...(first?.chosen ?? [])];
      const ours = scope(() =>
        noGrad(() => {
          const context = new ForestAttention(
            [{ trunkBegin: 0, trunkLength: ids.length, branches: [] }],
            fromIndices(ids.map((_, i) => i)),
          );
          return toFloat32Array(logits(loaded.model.hidden(fromIndices(ids), context), loaded.model.head));
        }),
      );
      expect(largestDifference(ours, readArrays(folder, 'lora.logits.safetensors').get('logits') ?? [])).toBeLessThan(
        2e-4,
      );
      for (const parameter of set.parameters) parameter.train();
      const objective = methods.orpo.bind({ lambda: expected.lambda });
      const { metrics } = gradientStep(loaded.model, set.parameters, objective, trees(shared), {
        microTokens: 100_000,
      });
      expectMetrics(metrics, expected);
      expectGradients(set.parameters, readArrays(folder, 'orpo.lora.grads.safetensors'), (own) =>
        own.replace(/\.lora_([AB])\.weight$/, '.lora_$1.default.weight'),
      );
      set.dispose();
      loaded.dispose();
    });

    it('sft.json', async () => {
      const loaded = await loadModel(join(path, shared.model));
      const parameters = trainAll(loaded);
      const demonstrations = trees(shared).map((tree) => ({ ...tree, branches: tree.branches.slice(0, 1) }));
      for (const nll of ['full', 'response'] as const) {
        const expected = readGolden<Record<string, { loss: number; grad_norm: number }>>(folder, 'sft.json')[nll];
        const outcome = gradientStep(loaded.model, parameters, methods.sft.bind({ nll }), demonstrations, {
          microTokens: 40,
        });
        expect(Math.abs((outcome.metrics.loss ?? Number.NaN) - (expected?.loss ?? 0))).toBeLessThan(LOSS_TOLERANCE);
        expect(Math.abs(outcome.gradientNorm - (expected?.grad_norm ?? 0))).toBeLessThan(LOSS_TOLERANCE);
      }
      loaded.dispose();
    });

    it.each(entries(folder).filter((file) => file.startsWith('trajectory.')))('%s', async (file) => {
      const expected = readGolden<Trajectory>(folder, file);
      const loaded = await loadModel(join(path, shared.model));
      const parameters = trainAll(loaded);
      const optimiser = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: expected.wd });
      const peak = Math.max(...expected.steps.map(({ lr }) => lr));
      const objective = methods.orpo.bind({ lambda: expected.lambda });
      expected.steps.forEach(({ loss, grad_norm, lr }, step) => {
        const rate = peak * scheduleFactor(expected.schedule, step, expected.warmup_steps, expected.total_steps);
        expect(rate).toBeCloseTo(lr, 12);
        const outcome = gradientStep(loaded.model, parameters, objective, trees(shared), { microTokens: 100_000 });
        expect(Math.abs((outcome.metrics.loss ?? Number.NaN) - loss)).toBeLessThan(1e-4);
        expect(Math.abs(outcome.gradientNorm - grad_norm)).toBeLessThan(1e-4);
        optimiser.step(rate, expected.clip > 0 ? clipFactor(outcome.gradientNorm, expected.clip) : 1);
      });
      optimiser.dispose();
      loaded.dispose();
    });

    const known =
      /^(pairs|sft|dpo|cpo|kto|reward|ppo|orpo(\.[a-z0-9=.-]+)?|trajectory\..*|lora\.logits)(\.grads)?\.(json|safetensors)$/;
    it('holds no case that nobody runs', () => {
      expect(entries(folder).filter((entry) => !known.test(entry))).toEqual([]);
    });
    it('has its model', () => expect(existsSync(join(path, shared.model))).toBe(true));
  });
}
