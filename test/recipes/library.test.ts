import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { resumeRecipe, runRecipe } from '../../src/recipes/run-recipe.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import { drain } from '../faults/drain.js';
import { inTemporaryFolder } from '../faults/small-run.js';
import { smallCompare, smallRlhf, startModel, writeData } from './small-recipes.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

it('a recipe from a program: aborted, gone on with, summed up, and no tensor left', () =>
  inTemporaryFolder(async (folder) => {
    writeData(folder);
    const at = (name: string): string => join(folder, name);
    const data = { ...smallRlhf.data, demonstrations: at('demonstrations.jsonl'), pairs: at('pairs.jsonl') };
    const training = { ...smallRlhf.training, maxSteps: 2 };
    const config: RecipeConfigInput = { ...smallRlhf, model: startModel(folder), data, training, output: at('out') };
    const before = memory().handles;
    await expect(drain(runRecipe({ ...config, data: { ...data, pairs: at('none.jsonl') } }))).rejects.toThrow(
      'none.jsonl',
    );
    expect(existsSync(at('out'))).toBe(false);

    const controller = new AbortController();
    const first = await drain(runRecipe(config, { signal: controller.signal }), (event) => {
      if (event.type === 'stage' && event.stage === 'reward') controller.abort();
    });
    expect(first.at(-1)).toEqual({ type: 'interrupted', stage: 'reward' });
    expect(memory().handles).toBe(before);

    const second = await drain(resumeRecipe(at('out')));
    expect(second.flatMap((event) => (event.type === 'begin' ? event.stage : []))).toEqual(['reward', 'ppo', 'orpo']);
    expect(second.at(-1)).toMatchObject({
      type: 'result',
      recipe: 'rlhf',
      stages: [
        {
          stage: 'sft',
          rows: 16,
          updates: 2,
          before: { loss: expect.any(Number) },
          after: { loss: expect.any(Number) },
        },
        { stage: 'reward', rows: 16 },
        { stage: 'ppo', after: { reward: expect.any(Number), kl: expect.any(Number) } },
        { stage: 'orpo', method: 'orpo' },
      ],
      comparison: [{ policy: 'start', pairs: 4 }, { policy: 'ppo' }, { policy: 'orpo' }],
      adapter: '03-ppo/adapter',
      base: '01-sft-merged',
    });
    expect(memory().handles).toBe(before);
    const card = readFileSync(at('out/README.md'), 'utf8');
    for (const text of ['# RLHF from', '[ppo](03-ppo)', '## Side by side', '| ppo | 4 |']) expect(card).toContain(text);
    await expect(drain(resumeRecipe(at('out')))).rejects.toThrow('is finished');
    await expect(drain(runRecipe(config))).rejects.toThrow('holds a finished recipe');
  }));

it('refuses to go on with another recipe, naming what differs', () =>
  inTemporaryFolder(async (folder) => {
    writeData(folder);
    const at = (name: string): string => join(folder, name);
    const data = { ...smallRlhf.data, pairs: at('pairs.jsonl') };
    const policy = { method: 'orpo', training: { maxSteps: 3 } };
    const { orpo: _, ...rest } = smallRlhf;
    const config: RecipeConfigInput = {
      ...rest,
      model: startModel(folder),
      data,
      sft: false,
      policy,
      output: at('out'),
    };
    const controller = new AbortController();
    await drain(runRecipe(config, { signal: controller.signal }), (event) => {
      if (event.type === 'stage' && event.event.type === 'step') controller.abort();
    });
    await expect(drain(runRecipe(config))).rejects.toThrow('holds a recipe that was not finished');
    const saved = readFileSync(at('out/recipe.json'), 'utf8');
    writeFileSync(at('out/recipe.json'), saved.replace('"maxSteps": 3', '"maxSteps": 4'));
    await expect(drain(resumeRecipe(at('out')))).rejects.toThrow('"training.maxSteps" was 3 and is 4 now');
    writeFileSync(at('out/recipe.json'), saved);
    expect((await drain(resumeRecipe(at('out')))).at(-1)).toMatchObject({ type: 'result', adapter: '01-orpo/adapter' });
    await expect(drain(resumeRecipe(at('pairs.jsonl')))).rejects.toThrow('holds no recipe');
  }));

const FLOPS = 4e9;

it('a comparison from a program: aborted and gone on with, its budget in operations, and no tensor left', () =>
  inTemporaryFolder(async (folder) => {
    writeData(folder);
    const at = (name: string): string => join(folder, name);
    const { halving: _, ...rest } = smallCompare;
    const config: RecipeConfigInput = {
      ...rest,
      model: startModel(folder),
      data: { ...rest.data, pairs: at('forty.jsonl') },
      seeds: 1,
      budget: { flops: FLOPS },
      output: at('out'),
    };
    const before = memory().handles;
    const controller = new AbortController();
    const first = await drain(runRecipe(config, { signal: controller.signal }), (event) => {
      if (event.type === 'measured') controller.abort();
    });
    expect(first.at(-1)).toMatchObject({ type: 'interrupted' });
    expect(memory().handles).toBe(before);
    const plan = first.find((event) => event.type === 'plan');
    expect(plan).toMatchObject({ stages: expect.anything(), comparison: { cells: 6, seeds: [7] } });

    const second = await drain(resumeRecipe(at('out')));
    const result = second.at(-1);
    if (result?.type !== 'result' || result.recipe !== 'compare') throw new Error('no comparison came of it');
    const { budget, methods } = result;
    // an update of pairs costs more than one of responses, and the supervised stage takes its part
    const { sft = 0, orpo = 0, dpo = 0 } = budget.entries;
    expect(sft).toBeGreaterThan(orpo);
    expect(orpo).toBeGreaterThan(dpo + budget.sft / 2);
    for (const { entry, best } of methods) {
      expect(best?.cost.updates).toBe((budget.entries[entry] ?? 0) + (entry === 'dpo' ? budget.sft : 0));
      // updates differ in length, and the last one does not fit in part
      expect(best?.cost.flops ?? 0).toBeGreaterThan(0.7 * FLOPS);
      expect(best?.cost.flops ?? 0).toBeLessThan(1.3 * FLOPS);
    }
    expect(memory().handles).toBe(before);
    await expect(drain(resumeRecipe(at('out')))).rejects.toThrow('is finished');
  }));
