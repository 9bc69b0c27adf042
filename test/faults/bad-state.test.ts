import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { resume } from '../../src/training/resume.js';
import { train } from '../../src/training/train.js';
import { built, failingCommand } from './failing-command.js';
import { inTemporaryFolder, type SmallRun, smallConfig, writePairs } from './small-run.js';

/** A run that was stopped after its second update. */
async function stoppedRun(folder: string): Promise<string> {
  const controller = new AbortController();
  for await (const event of train(smallConfig(folder, 'run'), { signal: controller.signal }))
    if (event.type === 'step' && event.step === 2) controller.abort();
  return join(folder, 'run');
}

function writeConfig(folder: string, kind: SmallRun = {}): string {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, stringify(smallConfig(folder, 'run', kind)));
  return path;
}

describe.runIf(built)('what a run cannot go on from ends with exit code 2 and an error that names it', () => {
  it('a checkpoint whose manifest does not verify', () =>
    inTemporaryFolder(async (folder) => {
      const run = await stoppedRun(folder);
      writeFileSync(join(run, 'checkpoints/step-2/progress.json'), '{"step": 3}');
      expect(failingCommand(['resume', run])).toMatchObject({
        status: 2,
        text: expect.stringMatching(/step-2.*progress\.json/),
      });
    }));

  it('other data', () =>
    inTemporaryFolder(async (folder) => {
      const run = await stoppedRun(folder);
      writePairs(join(folder, 'pairs.jsonl'), 23);
      expect(failingCommand(['resume', run])).toMatchObject({
        status: 2,
        text: expect.stringMatching(/pairs\.jsonl/),
      });
    }));

  it('a configuration that was edited since', () =>
    inTemporaryFolder(async (folder) => {
      const run = await stoppedRun(folder);
      const path = join(run, 'config.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"learningRate": 0.001', '"learningRate": 0.002'));
      expect(failingCommand(['resume', run])).toMatchObject({
        status: 2,
        text: expect.stringMatching(/training\.learningRate/),
      });
    }));

  it('a finished run, resumed or written over', () =>
    inTemporaryFolder(async (folder) => {
      const config = smallConfig(folder, 'run', { maxSteps: 1 });
      for await (const _ of train(config));
      const path = writeConfig(folder);
      expect(failingCommand(['train', path])).toMatchObject({ status: 2, text: expect.stringMatching(/finished run/) });
      expect(failingCommand(['resume', config.output])).toMatchObject({
        status: 2,
        text: expect.stringMatching(/run/),
      });
    }));

  it('a folder without a run', () =>
    inTemporaryFolder(async (folder) => {
      expect(failingCommand(['resume', join(folder, 'none')])).toMatchObject({ status: 2, code: 'run' });
    }));
});

describe.runIf(built)('what the machine lacks ends with exit code 1 and how to get it', () => {
  /** No torch of its own, no compiler, no Python. */
  const bare = (folder: string) => {
    mkdirSync(join(folder, 'bin'));
    return { ORPO_CACHE: join(folder, 'cache'), ORPO_TORCH: '', PATH: join(folder, 'bin'), CXX: '' };
  };

  it('no Python to install torch with', () =>
    inTemporaryFolder(async (folder) => {
      const failure = failingCommand(['setup'], { environment: bare(folder) });
      expect(failure).toMatchObject({ status: 1, text: expect.stringMatching(/[Pp]ython.*apt install/) });
    }));

  it('no torch at all', () =>
    inTemporaryFolder(async (folder) => {
      const failure = failingCommand(['train', writeConfig(folder)], { environment: bare(folder) });
      expect(failure).toMatchObject({ status: 1, code: 'engine', text: expect.stringMatching(/torch.*orpo setup/) });
    }));

  it('no compiler', () =>
    inTemporaryFolder(async (folder) => {
      const { findTorch } = await import('../../src/torch/engine/find-torch.js');
      const environment = { ...bare(folder), ORPO_TORCH: findTorch()?.folder ?? '' };
      const failure = failingCommand(['setup'], { environment });
      expect(failure).toMatchObject({ status: 1, text: expect.stringMatching(/compiler.*apt install g\+\+/) });
    }));

  it('no room on disk: the checkpoint before stays, and the run goes on from it', () =>
    inTemporaryFolder(async (folder) => {
      const run = await stoppedRun(folder);
      const failure = failingCommand(['resume', run], { mostKilobytes: 64 });
      expect(failure).toMatchObject({ status: 1, code: 'disk', text: expect.stringContaining(run) });
      let steps = 0;
      for await (const event of resume(run)) if (event.type === 'result') steps = event.steps;
      expect(steps).toBe(12);
    }));
});
