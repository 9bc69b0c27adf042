import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CausalLM } from '../models/causal-lm.js';
import { gatherGradients } from '../nn/gather-gradients.js';
import { plainTokenLogProbs } from '../nn/token-log-probs.js';
import { backward, cat, fromIndices, memory, scope, type Tensor, toFloat32Array } from '../torch/index.js';
import { attachLora } from './attach.js';
import { adapterConfig } from './config.js';
import { mergeLora } from './merge.js';
import { loadAdapter, saveAdapter } from './peft-folder.js';
import {
  absentFolders,
  goldenFolders,
  goldenLlama,
  goldenPairs,
  goldenTensor,
  hiddenOf,
  largestDifference,
  logitsOf,
} from './testing/golden-llama.js';

const TOLERANCE = 2e-4;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-adapter-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function numbersOf(model: CausalLM, ids: readonly number[]): Float32Array {
  return scope(() => toFloat32Array(logitsOf(model, ids)));
}

function tokenLogProbsOf(model: CausalLM, ids: readonly number[]): Tensor {
  const hidden = hiddenOf(model, ids).narrow(0, 0, ids.length - 1);
  return plainTokenLogProbs(hidden, model.head, fromIndices(ids.slice(1)));
}

// ORPO as its paper writes it (arXiv 2403.07691), one sequence at a time, likelihood over prompt and chosen response
function orpoLoss(model: CausalLM, golden: string, lambda: number): Tensor {
  const chosenTokens: Tensor[] = [];
  const penalties: Tensor[] = [];
  for (const { prompt, chosen, rejected } of goldenPairs(golden)) {
    const whole = tokenLogProbsOf(model, [...prompt, ...chosen]);
    chosenTokens.push(whole);
    const logOdds = (mean: Tensor) => mean.sub(mean.exp().neg().log1p());
    const chosenMean = whole.narrow(0, prompt.length - 1, chosen.length).mean();
    const other = tokenLogProbsOf(model, [...prompt, ...rejected]);
    const rejectedMean = other.narrow(0, prompt.length - 1, rejected.length).mean();
    penalties.push(logOdds(chosenMean).sub(logOdds(rejectedMean)).neg().softplus().unsqueeze(0));
  }
  return cat(chosenTokens).mean().neg().add(cat(penalties).mean().mul(lambda));
}

for (const absent of absentFolders) it.skip(`needs golden files in ${absent}, which GOLDEN_DIR names`, () => {});

describe.each(goldenFolders)('the PEFT adapter of %s', (golden) => {
  const adapter = join(golden, 'adapters/llama-lora-r4');
  const expected = goldenTensor(join(golden, 'methods/lora.logits.safetensors'), 'logits');
  const [first] = goldenPairs(golden);
  const ids = first === undefined ? [] : [...first.prompt, ...first.chosen].slice(0, expected.shape[0]);

  it('gives the logits PEFT gives, attached and merged, and the base model while it is disabled', () => {
    const model = goldenLlama(golden);
    const base = numbersOf(model, ids);
    using set = loadAdapter(model.store, adapter);
    const attached = numbersOf(model, ids);
    expect(largestDifference(attached, expected.numbers)).toBeLessThan(TOLERANCE);
    expect(largestDifference(attached, base)).toBeGreaterThan(0.01);
    expect(set.withDisabled(() => numbersOf(model, ids))).toEqual(base);
    expect(numbersOf(model, ids)).toEqual(attached);
    mergeLora(set);
    expect([...model.store.linears.values()].filter(({ adapter }) => adapter !== undefined)).toEqual([]);
    expect(largestDifference(numbersOf(model, ids), attached)).toBeLessThan(1e-5);
    model.store.dispose();
  });

  it('gives the gradients TRL gives', () => {
    const { lambda, loss: expectedLoss } = JSON.parse(readFileSync(join(golden, 'methods/orpo.lora.json'), 'utf8'));
    const model = goldenLlama(golden);
    using set = loadAdapter(model.store, adapter);
    const loss = scope(() => {
      const value = orpoLoss(model, golden, lambda);
      backward(value);
      return value.item();
    });
    expect(loss).toBeCloseTo(expectedLoss, 4);
    gatherGradients(set.parameters);
    for (const parameter of set.parameters) {
      const name = parameter.name.replace(/\.weight$/, '.default.weight');
      const gradient = goldenTensor(join(golden, 'methods/orpo.lora.grads.safetensors'), name);
      expect(gradient.shape).toEqual(parameter.shape);
      const ours = parameter.gradient === undefined ? [] : toFloat32Array(parameter.gradient);
      expect(largestDifference(ours, gradient.numbers), parameter.name).toBeLessThan(1e-5);
    }
    model.store.dispose();
  });

  it('comes back bit for bit after it was saved, from a bfloat16 model too', () => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      const model = goldenLlama(golden, dtype);
      const original = loadAdapter(model.store, adapter);
      saveAdapter(original, folder, { base: 'models/llama' });
      original.dispose();
      using again = loadAdapter(model.store, folder);
      for (const parameter of again.parameters) {
        const { name, value } = parameter;
        expect(value.dtype).toBe(dtype);
        const stored = goldenTensor(join(adapter, 'adapter_model.safetensors'), name);
        expect(
          scope(() => toFloat32Array(parameter.wide())),
          name,
        ).toEqual(stored.numbers);
      }
      model.store.dispose();
    }
    const ours = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'));
    const theirs = JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8'));
    theirs.target_modules.sort();
    expect(ours).toEqual({ ...theirs, base_model_name_or_path: 'models/llama' });
  });

  it('leaves nothing in memory', () => {
    const model = goldenLlama(golden);
    const round = () => {
      using set = attachLora(model.store, adapterConfig.parse({ rank: 4, dropout: 0.2 }), 3);
      set.withDropout(1, () => scope(() => backward(hiddenOf(model, ids).sum())));
      gatherGradients(set.parameters);
    };
    round();
    const { handles, blocks } = memory();
    round();
    expect({ handles: memory().handles, blocks: memory().blocks }).toEqual({ handles, blocks });
    model.store.dispose();
  });
});
