import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/data/random.js';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import { writePrompts } from '../evaluation/comparing.js';
import { type Ending, isBuilt, runCli } from './command-line.js';
import { inTemporaryFolder, leftovers } from './small-run.js';
import { stories } from './stories.js';

const KILLS = Number(process.env.ORPO_KILLS ?? 5);

/** The report without the seconds that answering took, which differ each time. */
function figures(folder: string): unknown {
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  for (const system of report.systems) delete system.answering;
  return report;
}

describe.runIf(isBuilt)('orpo compare, stopped', () => {
  const argsIn = (folder: string, name: string): readonly string[] => {
    const model = stories ?? tinyModel(folder, 512);
    const { prompts, rule } = writePrompts(folder, 30);
    return [
      ...['compare', `a=${model}`, `b=${model}`, '--seeds', '1,2', '--prompts', prompts, '--judge', rule],
      ...['--max-tokens', '32', '--set', 'generation.batch=3'],
      ...['--cache', join(folder, `${name}-cache`), '--output', join(folder, name)],
    ];
  };

  it(`comes to the same figures after ${KILLS} kills, and answers nothing twice`, { timeout: 600_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const whole = await runCli(argsIn(folder, 'whole'));
      expect(whole.code, whole.stderr).toBe(0);
      const random = createRandom(5, 99);
      const kept: number[] = [];
      let ending: Ending;
      let kills = 0;
      do {
        // so many signs of progress it lives for, and a moment more
        let left = kills < KILLS ? 1 + random.below(6) : Number.POSITIVE_INFINITY;
        ending = await runCli(argsIn(folder, 'killed'), {
          onRecord: ({ cached }, child) => {
            if (cached === 0 || Number(cached) < 30) left--;
            if (left === 0) setTimeout(() => child.kill('SIGKILL'), random.below(15));
          },
        });
        const cached = ending.records.findLast(({ type, system }) => type === 'answers' && system === 'a')?.cached;
        if (cached !== undefined) kept.push(Number(cached));
        if (ending.signal === 'SIGKILL') kills++;
      } while (ending.signal === 'SIGKILL');
      expect(ending.code, ending.stderr).toBe(0);
      // what one process found in the cache, the last one finds too
      expect(kept.at(-1)).toBe(Math.max(...kept));
      expect(kills).toBeGreaterThan(1);
      expect(leftovers(join(folder, 'killed'))).toEqual([]);
      expect(figures(join(folder, 'killed'))).toEqual(figures(join(folder, 'whole')));
      console.log(`${kills} kills; prompts of the first system found in the cache by each process: ${kept.join(', ')}`);
    }),
  );

  it('Ctrl-C keeps what was answered, says how to go on and ends with 130', { timeout: 300_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const args = argsIn(folder, 'interrupted');
      const stopped = await runCli(args, {
        onRecord: ({ type, done }, child) => {
          if (type === 'answers' && done === 6) child.kill('SIGINT');
        },
      });
      expect(stopped.code, stopped.stderr).toBe(130);
      expect(stopped.last).toMatchObject({
        type: 'error',
        code: 'interrupted',
        hint: expect.stringMatching(/same command/),
      });
      expect(existsSync(join(folder, 'interrupted', 'report.json'))).toBe(false);
      const ended = await runCli(args);
      expect(ended.code, ended.stderr).toBe(0);
      const first = ended.records.find(({ type }) => type === 'answers');
      expect(first).toMatchObject({ cached: 3 });
      expect(
        Number(ended.records.findLast(({ type, system }) => type === 'answers' && system === 'a')?.cached),
      ).toBeGreaterThanOrEqual(6);
    }),
  );
});
