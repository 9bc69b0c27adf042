import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJson } from '../../src/files/json-file.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { RunConfigInput } from '../../src/training/config.js';
import { resume } from '../../src/training/resume.js';
import { train } from '../../src/training/train.js';
import { atSteps, drain } from './drain.js';
import { fingerprint, inTemporaryFolder, readLines, smallConfig, writePairs } from './small-run.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe.each([
  { name: 'all weights', adapter: false, accumulate: false },
  { name: 'all weights, several micro-batches', adapter: false, accumulate: true },
  { name: 'LoRA with dropout', adapter: true, accumulate: false },
  { name: 'LoRA with dropout, several micro-batches', adapter: true, accumulate: true },
])('a run of $name', (kind) => {
  it('comes out the same, bit for bit, when it is stopped at any update and resumed', () =>
    inTemporaryFolder(async (folder) => {
      await drain(train(smallConfig(folder, 'whole', kind)));
      const expected = fingerprint(join(folder, 'whole'));
      expect(Object.keys(expected).length).toBeGreaterThanOrEqual(5);
      for (const stop of [0, 1, 5, 6, 11]) {
        const name = `stopped-${stop}`;
        const controller = new AbortController();
        const first = await drain(
          train(smallConfig(folder, name, kind), { signal: controller.signal }),
          atSteps((step) => {
            if (step === stop) controller.abort();
          }),
        );
        expect(first.at(-1)).toMatchObject({ type: 'interrupted', step: stop });
        const second = await drain(resume(join(folder, name)));
        expect(second[0]).toMatchObject({ type: 'start', from: stop });
        expect(second.at(-1)).toMatchObject({ type: 'result', steps: 12 });
        const ours = fingerprint(join(folder, name));
        for (const key of Object.keys(expected))
          if (!key.startsWith('checkpoints')) expect(ours[key], `${name} ${key}`).toBe(expected[key]);
        // the newest regular checkpoint holds weights and optimiser of both runs
        for (const key of Object.keys(expected))
          if (key.startsWith(join('checkpoints', 'step-10')))
            expect(ours[key] ?? expected[key], `${name} ${key}`).toBe(expected[key]);
      }
    }));
});

it('comes out the same when it is left without saving, whatever it had written since its checkpoint', () =>
  inTemporaryFolder(async (folder) => {
    await drain(train(smallConfig(folder, 'whole')));
    for await (const event of train(smallConfig(folder, 'left')))
      if (event.type === 'samples' && event.step === 8) break;
    const [stale] = readLines(join(folder, 'left', 'samples.jsonl')).slice(-1);
    expect(stale).toMatchObject({ type: 'sample', step: 8 });
    const [start] = await drain(resume(join(folder, 'left')));
    expect(start).toMatchObject({ type: 'start', from: 6 });
    expect(fingerprint(join(folder, 'left'))).toEqual(fingerprint(join(folder, 'whole')));
  }));

it('frees everything it made', () =>
  inTemporaryFolder(async (folder) => {
    const before = memory();
    await drain(train(smallConfig(folder, 'run', { adapter: true, accumulate: true })));
    const after = memory();
    expect({ handles: after.handles, bytes: after.bytes }).toEqual({ handles: before.handles, bytes: before.bytes });
  }));

it('writes metrics that are valid JSON, one record an update and an evaluation', () =>
  inTemporaryFolder(async (folder) => {
    await drain(train(smallConfig(folder, 'run')));
    const records = readLines(join(folder, 'run', 'metrics.jsonl'));
    expect(records.filter((record) => JSON.stringify(record).includes('"step"'))).toHaveLength(12 + 4);
  }));

describe('resuming refuses', () => {
  it('a finished run, and a folder without a run', () =>
    inTemporaryFolder(async (folder) => {
      await drain(train(smallConfig(folder, 'run', { maxSteps: 1 })));
      await expect(drain(resume(join(folder, 'run')))).rejects.toThrow(/is finished/);
      await expect(drain(resume(folder))).rejects.toThrow(/holds no run/);
      await expect(drain(train(smallConfig(folder, 'run')))).rejects.toThrow(/finished run/);
    }));

  it('other data and another configuration, naming what differs', () =>
    inTemporaryFolder(async (folder) => {
      const config = smallConfig(folder, 'run');
      const controller = new AbortController();
      await drain(
        train(config, { signal: controller.signal }),
        atSteps(() => controller.abort()),
      );
      await expect(
        drain(
          resume(join(folder, 'run'), { config: { ...config, training: { ...config.training, learningRate: 5 } } }),
        ),
      ).rejects.toThrow(/training\.learningRate/);
      writePairs(join(folder, 'pairs.jsonl'), 23);
      await expect(drain(resume(join(folder, 'run')))).rejects.toThrow(/other data/);
    }));

  it('a checkpoint that was tampered with', () =>
    inTemporaryFolder(async (folder) => {
      const controller = new AbortController();
      await drain(
        train(smallConfig(folder, 'run'), { signal: controller.signal }),
        atSteps((step) => {
          if (step === 3) controller.abort();
        }),
      );
      writeFileSync(join(folder, 'run/checkpoints/step-3/progress.json'), '{"step": 4}');
      await expect(drain(resume(join(folder, 'run')))).rejects.toThrow(/progress\.json/);
    }));
});

it('stops before the update when the loss is not finite, and keeps the last checkpoint', () =>
  inTemporaryFolder(async (folder) => {
    const config = smallConfig(folder, 'run');
    const reckless = { ...config, training: { ...config.training, learningRate: 1e20, clip: 0, warmup: 0 } };
    await expect(drain(train(reckless))).rejects.toMatchObject({ code: 'numeric' });
    for (const record of readLines(join(folder, 'run', 'metrics.jsonl'))) expect(record).toBeTypeOf('object');
  }));

it('comes out the same with filtered data, and refuses to go on when the filters see other rows', () =>
  inTemporaryFolder(async (folder) => {
    const config = (name: string): RunConfigInput => {
      const small = smallConfig(folder, name);
      const data = join(folder, 'planted.jsonl');
      const planted = readFileSync(join(folder, 'pairs.jsonl'), 'utf8');
      writeFileSync(data, `${planted}${planted.split('\n').slice(0, 5).join('\n')}\n`);
      return { ...small, data: { ...small.data, train: data, filters: { duplicates: 'near', promptLeaks: 'near' } } };
    };
    await drain(train(config('whole')));
    const controller = new AbortController();
    await drain(
      train(config('stopped'), { signal: controller.signal }),
      atSteps((step) => {
        if (step === 5) controller.abort();
      }),
    );
    expect(readJson(join(folder, 'stopped', 'data.json'))).toMatchObject({
      files: [{ rows: 27, used: 22, dropped: { duplicate: { count: 5 } }, filtered: { after: { rows: 22 } } }],
    });
    await drain(resume(join(folder, 'stopped')));
    const [whole, stopped] = ['whole', 'stopped'].map((name) => fingerprint(join(folder, name)));
    for (const key of Object.keys(whole ?? {}))
      if (!key.startsWith('checkpoints')) expect(stopped?.[key], key).toBe(whole?.[key]);

    const other = new AbortController();
    await drain(
      train(config('other'), { signal: other.signal }),
      atSteps((step) => {
        if (step === 2) other.abort();
      }),
    );
    const plain = config('other');
    const changed = { ...plain, data: { ...plain.data, filters: { duplicates: 'exact' as const } } };
    await expect(drain(resume(join(folder, 'other'), { config: changed }))).rejects.toThrow(
      'was started with another configuration: "data.filters.duplicates" was "near" and is "exact" now',
    );
  }));
