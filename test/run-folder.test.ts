import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { loadAdapter } from '../src/adapters/peft-folder.js';
import { generate } from '../src/generation/generate.js';
import { loadModel } from '../src/models/load-model.js';
import { ensureEngine } from '../src/torch/engine/ensure-engine.js';
import { train } from '../src/training/train.js';
import { fingerprint, inTemporaryFolder, readLines, smallConfig } from './faults/small-run.js';

const sampleLines = z.array(
  z.strictObject({
    type: z.literal('sample'),
    step: z.number(),
    row: z.number(),
    prompt: z.string(),
    text: z.string(),
    stop: z.enum(['end', 'length']),
  }),
);

beforeAll(async () => {
  await ensureEngine({ install: false });
});

it('holds the answers to held-out prompts at every evaluation, those of the end being the saved adapter’s', () =>
  inTemporaryFolder(async (folder) => {
    const config = smallConfig(folder, 'run', { adapter: true });
    for await (const event of train({ ...config, training: { ...config.training, learningRate: 0.03 } }))
      if (event.type === 'result') expect(event.adapter).toBe(join(folder, 'run', 'adapter'));
    const samples = sampleLines.parse(readLines(join(folder, 'run', 'samples.jsonl')));
    expect(samples.map(({ step }) => step)).toEqual([0, 0, 4, 4, 8, 8, 12, 12]);
    const rows = samples.map(({ row }) => row);
    expect(rows).toEqual([rows[0], rows[1], rows[0], rows[1], rows[0], rows[1], rows[0], rows[1]]);
    const prompts = samples.slice(0, 2).map(({ prompt }) => /Question \d+: what follows \d+\?/.exec(prompt)?.[0] ?? '');

    const loaded = await loadModel(config.model, { precision: 'fp32' });
    const answers = () => generate(loaded, prompts, { maxTokens: 12 }).map(({ text }) => text.replace(/^ /, ''));
    const base = answers();
    const adapter = loadAdapter(loaded.model.store, join(folder, 'run', 'adapter'));
    const trained = answers();
    adapter.dispose();
    loaded.dispose();
    expect(samples.slice(0, 2).map(({ text }) => text)).toEqual(base);
    expect(samples.slice(-2).map(({ text }) => text)).toEqual(trained);
    expect(trained).not.toEqual(base);
  }));

it('holds the same weights and metrics whether samples are taken or not', () =>
  inTemporaryFolder(async (folder) => {
    for (const [name, samples] of [
      ['with', 2],
      ['without', 0],
    ] as const) {
      const config = smallConfig(folder, name, { adapter: true, accumulate: true });
      const types = [];
      for await (const { type } of train({ ...config, training: { ...config.training, samples } })) types.push(type);
      expect(types.filter((type) => type === 'samples')).toHaveLength(samples * 2);
    }
    const { 'samples.jsonl': taken, ...rest } = fingerprint(join(folder, 'with'));
    const { 'samples.jsonl': none, ...same } = fingerprint(join(folder, 'without'));
    expect(rest).toEqual(same);
    expect(taken).not.toBe(none);
    expect(readFileSync(join(folder, 'without', 'samples.jsonl'), 'utf8')).toBe('');
  }));

it('asks each prompt once, though a pair makes two labelled examples', () =>
  inTemporaryFolder(async (folder) => {
    const config = smallConfig(folder, 'run', { maxSteps: 1 });
    for await (const event of train({ ...config, method: 'odds-kto', objective: {} }))
      if (event.type === 'start') expect(event.evaluation).toBeGreaterThanOrEqual(4);
    const samples = sampleLines.parse(readLines(join(folder, 'run', 'samples.jsonl')));
    expect(samples.map(({ step }) => step)).toEqual([0, 0, 1, 1]);
    expect(new Set(samples.map(({ prompt }) => prompt)).size).toBe(2);
  }));

it('saves when a checkpoint is overdue, however many updates there were', () =>
  inTemporaryFolder(async (folder) => {
    const config = smallConfig(folder, 'run', { adapter: true, maxSteps: 3, checkpointEvery: 0 });
    const saved = [];
    const training = { ...config.training, checkpointMinutes: 1e-6 };
    for await (const event of train({ ...config, training })) if (event.type === 'checkpoint') saved.push(event.step);
    expect(saved).toEqual([1, 2]);
  }));

it('is drawn by the script that makes the picture of the README', () =>
  inTemporaryFolder(async (folder) => {
    const script = fileURLToPath(new URL('../scripts/draw-run.mjs', import.meta.url));
    for await (const _ of train(smallConfig(folder, 'run', { adapter: true, maxSteps: 3 })));
    const picture = join(folder, 'run.svg');
    const { status, stderr } = spawnSync(process.execPath, [script, join(folder, 'run'), picture], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg [\s\S]*chosen[\s\S]*rejected[\s\S]*<\/svg>\s*$/);
  }));
