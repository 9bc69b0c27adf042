import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJson } from '../../src/files/json-file.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { memory } from '../../src/torch/index.js';
import type { RunConfigInput } from '../../src/training/config.js';
import { parseConfig } from '../../src/training/parse-config.js';
import { resume } from '../../src/training/resume.js';
import { train } from '../../src/training/train.js';
import { atSteps, drain } from './drain.js';
import {
  fingerprint,
  inTemporaryFolder,
  readLines,
  smallConfig,
  smallOnlineConfig,
  writePairs,
  writeRows,
} from './small-run.js';

const ROWS = 150;

/** 150 rows, 15 of them unusable, 2 an update: windows of 64, 64 and 22 rows, 75 updates an epoch. */
function streamed(folder: string, name: string, adapter = false): RunConfigInput {
  const config = smallConfig(folder, name, { adapter });
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    prompt: `Question ${i}: what follows ${i * 7}?`,
    chosen: i % 10 === 4 ? ' ' : `After ${i * 7} comes ${i * 7 + 1}.`,
    rejected: `Well, ${'it may be '.repeat(1 + (i % 4))}${i}, who knows.`,
  }));
  const data = join(folder, 'streamed.jsonl');
  writeRows(data, rows);
  writeRows(join(folder, 'held.jsonl'), rows.slice(0, 3));
  return {
    ...config,
    data: { train: data, eval: join(folder, 'held.jsonl'), maxLength: 128, stream: true },
    training: { ...config.training, batch: 2, maxSteps: 80, evaluateEvery: 40, checkpointEvery: 20 },
  };
}

async function stopAt(config: RunConfigInput, stop: number): Promise<void> {
  const controller = new AbortController();
  await drain(
    train(config, { signal: controller.signal }),
    atSteps((step) => {
      if (step === stop) controller.abort();
    }),
  );
}

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe.each([
  { name: 'all weights', adapter: false },
  { name: 'LoRA with dropout', adapter: true },
])('a run of $name on streamed data', ({ adapter }) => {
  it('comes out the same, bit for bit, when it is stopped in, before and behind a window and resumed', () =>
    inTemporaryFolder(async (folder) => {
      await drain(train(streamed(folder, 'whole', adapter)));
      const expected = fingerprint(join(folder, 'whole'));
      for (const stop of [0, 32, 33, 75]) {
        const name = `stopped-${stop}`;
        await stopAt(streamed(folder, name, adapter), stop);
        const events = await drain(resume(join(folder, name)));
        expect(events[0]).toMatchObject({ type: 'start', from: stop });
        const ours = fingerprint(join(folder, name));
        for (const key of Object.keys(expected))
          if (!key.startsWith('checkpoints')) expect(ours[key], `${name} ${key}`).toBe(expected[key]);
      }
    }));
});

it('tells what became of the rows in its metrics, its result, its card and its report', () =>
  inTemporaryFolder(async (folder) => {
    const config = streamed(folder, 'run');
    const events = await drain(train(config));
    const run = join(folder, 'run');
    const windows = readLines(join(run, 'metrics.jsonl')).filter((record) => JSON.stringify(record).includes('"rows"'));
    expect(windows).toMatchObject([
      { type: 'rows', step: 1, files: [{ rows: 64 }] },
      { step: 33, files: [{ rows: 64 }] },
      { step: 65, files: [{ rows: 22 }] },
      { step: 76, files: [{ rows: 64 }] },
    ]);
    const result = events.at(-1);
    const rows = result?.type === 'result' ? result.rows : undefined;
    const dropped = rows?.[0]?.dropped['empty response']?.count ?? 0;
    expect(rows).toMatchObject([{ path: join(folder, 'streamed.jsonl'), rows: ROWS + 64, used: ROWS + 64 - dropped }]);
    expect(dropped).toBeGreaterThan(15);
    expect(readJson(join(run, 'result.json'))).toMatchObject({ rows });
    expect(readJson(join(run, 'data.json'))).toMatchObject({
      streamed: [{ rows: ROWS, role: 'train' }],
      files: [{ role: 'eval', rows: 3 }],
      train: ROWS,
    });
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    expect(page).toContain(`<strong>214 rows read</strong> = ${214 - dropped} used + ${dropped} empty response`);
    expect(readFileSync(join(run, 'README.md'), 'utf8')).toContain(`${214 - dropped} of 214 rows read were used`);
  }));

it('frees everything it made', () =>
  inTemporaryFolder(async (folder) => {
    const before = memory();
    await drain(train(streamed(folder, 'run', true)));
    const after = memory();
    expect({ handles: after.handles, bytes: after.bytes }).toEqual({ handles: before.handles, bytes: before.bytes });
  }));

it('refuses to go on with another file, and ends when the file is written while it is read', () =>
  inTemporaryFolder(async (folder) => {
    const config = streamed(folder, 'run');
    const path = join(folder, 'streamed.jsonl');
    await stopAt(config, 2);
    const line = readFileSync(path, 'utf8').split('\n')[0];
    appendFileSync(path, `${line}\n`);
    await expect(drain(resume(join(folder, 'run')))).rejects.toThrow(/other data/);
    const written = atSteps((step) => {
      if (step === 3) appendFileSync(path, `${line}\n`);
    });
    await expect(drain(train({ ...config, output: join(folder, 'other') }), written)).rejects.toMatchObject({
      code: 'file',
    });
  }));

it('copies the model for a reference, and refuses to compute it beforehand', () =>
  inTemporaryFolder(async (folder) => {
    const { objective: _, ...config } = streamed(folder, 'run');
    const dpo = { ...config, method: 'dpo' as const, training: { ...config.training, maxSteps: 2 } };
    const [start] = await drain(train(dpo));
    expect(start).toMatchObject({ type: 'start', reference: 'copy' });
    const cached = { ...dpo, reference: 'cached' as const, output: join(folder, 'cached') };
    await expect(drain(train(cached))).rejects.toThrow(/reference: cached .* data\.stream/);
  }));

it('streams the prompts of a method that samples, and resumes', () =>
  inTemporaryFolder(async (folder) => {
    const config = (name: string) => {
      const small = parseConfig(smallOnlineConfig(folder, name, { method: 'rloo' }));
      const heldOut = join(folder, 'held.jsonl');
      writePairs(heldOut, 1);
      return parseConfig({ ...small, data: { ...small.data, eval: heldOut, stream: true } });
    };
    const reward = (_: string, response: string) => response.length;
    await drain(train(config('whole'), { reward }));
    const controller = new AbortController();
    await drain(
      train(config('stopped'), { reward, signal: controller.signal }),
      atSteps((step) => {
        if (step === 2) controller.abort();
      }),
    );
    await drain(resume(join(folder, 'stopped'), { reward }));
    const [ours, whole] = ['stopped', 'whole'].map((name) => fingerprint(join(folder, name)));
    for (const key of Object.keys(whole ?? {}))
      if (!key.startsWith('checkpoints')) expect(ours?.[key]).toBe(whole?.[key]);
  }));
