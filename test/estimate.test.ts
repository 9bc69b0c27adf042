import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { withoutColours } from '../src/cli/colours.js';
import { estimateLines, recipeEstimateLines, sweepEstimateLines } from '../src/cli/estimate-lines.js';
import { estimateSweep } from '../src/recipes/compare/estimate-sweep.js';
import { estimateRecipe } from '../src/recipes/estimate-recipe.js';
import { parseRecipe } from '../src/recipes/parse-recipe.js';
import { ensureEngine } from '../src/torch/engine/ensure-engine.js';
import { estimateRun } from '../src/training/estimate/estimate-run.js';
import { inTemporaryFolder, smallConfig } from './faults/small-run.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

it('tells people what a run will take', () =>
  inTemporaryFolder(async (folder) => {
    const lines = estimateLines(await estimateRun(smallConfig(folder, 'run')), withoutColours);
    expect(lines[0]).toMatch(/^orpo on .*llama: [\d.]+k parameters, all trained, fp32$/);
    expect(lines[1]).toBe('  12 updates on 20 examples');
    expect(lines.filter((line) => /^ {2}updates .* MFLOP {3}12 passes$/.test(line))).toHaveLength(1);
    for (const name of ['evaluations', 'memory', 'disk'])
      expect(lines.filter((line) => line.startsWith(`  ${name}`))).toHaveLength(1);
  }));

it('lets the first examples of streamed data stand for all', () =>
  inTemporaryFolder(async (folder) => {
    const estimate = await estimateRun(smallConfig(folder, 'run', { stream: true }));
    expect(estimate).toMatchObject({ steps: 12, examples: 22 });
    expect(estimate.updates.forwards).toBe(12);
    expect(estimate.notes).toEqual(['the first 22 examples stand for all, and reading them is not in it']);
  }));

it('estimates of a recipe the stages whose data are there, and names the others', () =>
  inTemporaryFolder(async (folder) => {
    const { model, data, training } = smallConfig(folder, 'run');
    const prompts = join(folder, 'prompts.jsonl');
    writeFileSync(prompts, '{"prompt": "What follows 7?"}\n{"prompt": "And 14?"}\n');
    const path = String(data.train);
    const input = {
      recipe: 'rlhf',
      model,
      data: { demonstrations: path, pairs: path, prompts, maxLength: 128 },
      training: { ...training, maxSteps: 2 },
      policy: { method: 'grpo', rollout: { responses: 2, maxTokens: 4 } },
      output: join(folder, 'out'),
    };
    const recipe = parseRecipe(input);
    if (recipe.sweep !== undefined) throw new Error('no comparison was asked for');
    const estimate = await estimateRecipe(recipe);
    expect(estimate.stages.map(({ estimate: { method } }) => method)).toEqual(['sft', 'reward', 'grpo']);
    expect(estimate.unknown).toEqual([]);
    const flops = estimate.stages.reduce(
      (sum, { estimate: one }) => sum + one.updates.flops + one.evaluations.flops + (one.reference?.flops ?? 0),
      0,
    );
    expect(estimate.flops).toBe(flops);
    expect(recipeEstimateLines(estimate, withoutColours).at(-1)).toMatch(/^rlhf so far as it is known: /);
  }));

it.each([{ budget: { steps: 8 } }, { budget: { flops: 2e8 } }])(
  'estimates of a comparison the updates of all cells, halving among them: $budget',
  ({ budget }) =>
    inTemporaryFolder(async (folder) => {
      const { model, data, training } = smallConfig(folder, 'run');
      const input = {
        recipe: 'compare',
        model,
        data: { pairs: String(data.train), maxLength: 128 },
        methods: { sft: {}, orpo: { strength: { lambda: [0.5, 1] } }, dpo: { from: 'sft', strength: false } },
        learningRates: [1e-4, 1e-3],
        strengths: 2,
        seeds: 2,
        budget,
        halving: { eta: 2, rungs: 2 },
        training: { ...training, batch: 2 },
        output: join(folder, 'out'),
      };
      const { sweep } = parseRecipe(input);
      if (sweep === undefined) throw new Error('a comparison was asked for');
      const estimate = await estimateSweep(sweep);
      expect(estimate.methods.map(({ entry, cells }) => [entry, cells])).toEqual([
        ['sft', 8],
        ['orpo', 8],
        ['dpo', 8],
      ]);
      const [sft, orpo, dpo] = estimate.methods;
      if (sft === undefined || orpo === undefined || dpo === undefined) throw new Error('three methods');
      // half of the settings go on after half of the updates
      if (budget.steps !== undefined) {
        expect(sft.updates).toBe(8 * 4 + 4 * 4);
        expect(orpo.updates).toBe(8 * 4 + 4 * 4);
      }
      // pairs instead of single answers
      expect(dpo.flops).toBeGreaterThan(sft.flops);
      expect(orpo.flops).toBeGreaterThan(sft.flops);
      expect(estimate.seconds).toBeGreaterThan(0);
      expect(sweepEstimateLines(estimate, withoutColours).at(-1)).toMatch(/^in all .* GFLOP/);
    }),
);
