import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyFolder } from '../../src/files/atomic.js';
import { type Ending, isBuilt, type OutputRecord, runCli } from './command-line.js';
import { canMount, SmallDisk } from './small-disk.js';
import { fingerprint, inTemporaryFolder, leftovers, readLines, type SmallRun, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

const PAGE = 4096;

interface Scene {
  readonly when: string;
  readonly kind: SmallRun;
  /** The line of output after which the disk fills; so many updates before the end that it fills in time. */
  readonly after: (record: OutputRecord) => boolean;
  /** Bytes left then: for the logs of the updates to come, not for what is named, however small the model. */
  readonly room: number;
  /** What cannot be written. */
  readonly names: RegExp;
}

const checkpoint = (step: number) => (record: OutputRecord) => record.type === 'checkpoint' && record.step === step;

const scenes: readonly Scene[] = [
  {
    when: 'a checkpoint is saved',
    kind: { maxSteps: 12 },
    after: checkpoint(4),
    room: 64 * PAGE,
    names: /^Cannot save .*\/run\/checkpoints\/step-\d+: no space is left/,
  },
  {
    when: 'metrics are written',
    kind: { maxSteps: 48, checkpointEvery: 20 },
    after: checkpoint(20),
    room: 0,
    names: /^Cannot write .*\/run\/metrics\.jsonl: no space is left/,
  },
  {
    when: 'the model is saved',
    kind: { maxSteps: 60, checkpointEvery: 20 },
    after: checkpoint(40),
    room: 16 * PAGE,
    names: /^Cannot save .*\/run\/model: no space is left/,
  },
  {
    when: 'the adapter is saved',
    kind: { maxSteps: 60, checkpointEvery: 20, adapter: true, rank: 16 },
    after: checkpoint(40),
    room: 10 * PAGE,
    names: /^Cannot save .*\/run\/adapter: no space is left/,
  },
];

/** What holds whenever a run stopped because the disk was full. */
function expectGoodEnd(ending: Ending, run: string): void {
  expect(ending.code, ending.stderr).toBe(1);
  expect(ending.last).toMatchObject({
    type: 'error',
    code: 'disk',
    message: expect.stringContaining(run),
    hint: expect.stringContaining('Free some space'),
  });
  const saved = readdirSync(join(run, 'checkpoints'));
  expect(saved.length).toBeGreaterThan(0);
  for (const name of saved) verifyFolder(join(run, 'checkpoints', name));
  for (const name of ['metrics.jsonl', 'timing.jsonl', 'samples.jsonl'])
    for (const record of readLines(join(run, name))) expect(record).toBeTypeOf('object');
  expect(leftovers(run)).toEqual([]);
}

// the adapter of the tests' own model is smaller than the logs of the updates before it is saved
const tried = scenes.filter(({ kind }) => stories !== undefined || kind.adapter !== true);

describe.runIf(isBuilt && canMount).each(tried)('a disk that fills up while $when', (scene) => {
  it('ends the run in order, and with room again it comes to the same end', () =>
    inTemporaryFolder(async (folder) => {
      const kind = { model: stories, ...scene.kind };
      const disk = new SmallDisk(folder);
      try {
        const run = join(disk.path, 'run');
        let filled = false;
        const first = await runCli(['train', writeSmallConfig(folder, 'disk/run', kind)], {
          onRecord: (record, child) => {
            if (filled || !scene.after(record)) return;
            filled = true;
            child.kill('SIGSTOP');
            disk.fill(scene.room);
            child.kill('SIGCONT');
          },
        });
        expectGoodEnd(first, run);
        expect(first.last?.message).toMatch(scene.names);
        expect(first.stderr).toContain(`orpo resume ${run}`);

        expectGoodEnd(await runCli(['resume', run]), run);

        disk.empty();
        const last = await runCli(['resume', run]);
        expect(last.code, last.stderr).toBe(0);
        expect(leftovers(run)).toEqual([]);
        const whole = await runCli(['train', writeSmallConfig(folder, 'whole', kind)]);
        expect(whole.code, whole.stderr).toBe(0);
        expect(fingerprint(run)).toEqual(fingerprint(join(folder, 'whole')));
      } finally {
        disk.unmount();
      }
    }));
});

it.runIf(isBuilt && canMount)('a disk that is full from the beginning leaves nothing in the way of a new start', () =>
  inTemporaryFolder(async (folder) => {
    const disk = new SmallDisk(folder);
    try {
      const config = writeSmallConfig(folder, 'disk/run', { model: stories, maxSteps: 2 });
      disk.fill(0);
      const full = await runCli(['train', config]);
      expect(full.code, full.stderr).toBe(1);
      expect(full.last).toMatchObject({ type: 'error', code: 'disk', message: expect.stringContaining(disk.path) });
      disk.empty();
      expect((await runCli(['train', config])).code).toBe(0);
    } finally {
      disk.unmount();
    }
  }),
);
