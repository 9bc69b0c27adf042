import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/data/random.js';
import { type Ending, isBuilt, runCli } from './command-line.js';
import { fingerprint, inTemporaryFolder, leftovers, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

const KILLS = Number(process.env.ORPO_KILLS ?? 4);

/** Runs the command line; ends it with SIGKILL after `lifetime` milliseconds. */
function runFor(lifetime: number | undefined, args: readonly string[]): Promise<Ending> {
  return runCli(args, {
    onStart: (child) => {
      if (lifetime === undefined) return;
      const timer = setTimeout(() => child.kill('SIGKILL'), lifetime);
      child.on('exit', () => clearTimeout(timer));
    },
  });
}

/** What a killed process was about to do. */
function moment({ records, last }: Ending, run: string): string {
  if (existsSync(run) && leftovers(run).length > 0) return 'with a file half written';
  if (last === undefined) return 'before its first line';
  return records.some(({ type }) => type === 'result') ? 'after its result' : 'between steps';
}

describe.runIf(isBuilt).each([
  { what: 'all weights', adapter: false, stream: false },
  { what: 'LoRA with dropout', adapter: true, stream: false },
  { what: 'streamed data', adapter: true, stream: true },
])('SIGKILL, $what', ({ adapter, stream }) => {
  it(`${KILLS} times at random moments changes nothing of what comes out`, { timeout: 1_800_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const config = (name: string) =>
        writeSmallConfig(folder, name, { model: stories, adapter, stream, maxSteps: 12 });
      const whole = await runCli(['train', config('whole')]);
      expect(whole.code, whole.stderr).toBe(0);
      const expected = fingerprint(join(folder, 'whole'));
      const random = createRandom(11, 99);
      const moments = new Map<string, number>();
      let kills = 0;
      for (let runs = 0; kills < KILLS; runs++) {
        const name = `killed-${runs}`;
        const run = join(folder, name);
        const isFinished = () => existsSync(join(run, 'result.json'));
        let ending: Ending;
        do {
          const begin = existsSync(join(run, 'config.json')) ? ['resume', run] : ['train', config(name)];
          ending = await runFor(kills < KILLS ? random.below(Math.ceil(whole.milliseconds)) : undefined, begin);
          if (ending.signal !== 'SIGKILL') continue;
          kills++;
          const at = moment(ending, run);
          moments.set(at, (moments.get(at) ?? 0) + 1);
          // killed after its last act, a run is finished all the same
        } while (ending.signal === 'SIGKILL' && !isFinished());
        expect(isFinished(), `the last command ended with ${ending.code}: ${ending.stderr}`).toBe(true);
        expect(fingerprint(run)).toEqual(expected);
        expect(leftovers(run)).toEqual([]);
      }
      console.log(`${kills} kills: ${[...moments].map(([at, count]) => `${count} ${at}`).join(', ')}`);
    }),
  );
});
