import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/data/random.js';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import { inTemporaryFolder } from '../faults/small-run.js';
import { stories } from '../faults/stories.js';
import { compared, writePrompts } from './comparing.js';

const TRIES = Number(process.env.ORPO_TRIES ?? 12);
const PROMPTS = 40;

const generation = { maxTokens: 24, temperature: 1, batch: 40 } as const;

describe('what luck alone does', () => {
  it.each([2, 3])(
    `a model compared with itself under other seeds wins in 7 of 100 tries at most, $0 systems`,
    {
      timeout: 1_800_000,
    },
    (systems) =>
      inTemporaryFolder(async (folder) => {
        const { prompts, rule } = writePrompts(folder, PROMPTS);
        const source = stories ?? tinyModel(folder, 512);
        let finds = 0;
        let decided = 0;
        for (let attempt = 0; attempt < TRIES; attempt++) {
          const { comparison } = await compared({
            systems: Array.from({ length: systems }, (_, at) => ({
              source,
              name: `s${at}`,
              seed: attempt * systems + at,
            })),
            prompts,
            judge: { kind: 'rule', module: rule },
            generation,
            metrics: ['win-rate'],
            cache: join(folder, 'cache'),
          });
          expect(comparison.contests).toHaveLength((systems * (systems - 1)) / 2);
          for (const { winRate } of comparison.contests) decided += winRate.wins + winRate.losses;
          if (comparison.verdict.tests.some(({ better }) => better !== undefined)) finds++;
        }
        // answers that never differ would find nothing, and show nothing
        expect(decided).toBeGreaterThan(TRIES * PROMPTS * 0.5);
        console.log(`${finds} finds in ${TRIES} tries of ${systems} equal systems`);
        expect(finds).toBeLessThanOrEqual(Math.max(2, Math.floor(0.07 * TRIES)));
      }),
  );

  it('a difference that was planted is found', { timeout: 1_800_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const { prompts, rule } = writePrompts(folder, PROMPTS);
      const source = stories ?? tinyModel(folder, 512);
      const tries = Math.min(TRIES, 20);
      let found = 0;
      for (let attempt = 0; attempt < tries; attempt++) {
        const random = createRandom(attempt, 1);
        const shared = {
          prompts,
          judge: { kind: 'rule', module: rule },
          generation,
          cache: join(folder, 'cache'),
        } as const;
        const own = { source, name: 'own', seed: 2 * attempt + 1 };
        const { comparison: written } = await compared({ ...shared, systems: [own], metrics: ['rewards'] });
        // two answers of three are made better than they are
        const planted = written.rows.map(({ prompt, answers }) => ({
          prompt,
          response: `${answers[0]?.text}${random.below(3) > 0 ? ' eeeeee' : ''}`,
        }));
        const path = join(folder, 'planted.json');
        writeFileSync(path, JSON.stringify(planted));
        const { comparison } = await compared({
          ...shared,
          systems: [{ source, name: 'other', seed: 2 * attempt }, path],
          metrics: ['win-rate'],
        });
        if (comparison.verdict.winner === 'planted') found++;
      }
      console.log(`a planted difference found in ${found} of ${tries} tries`);
      expect(found).toBeGreaterThanOrEqual(tries - 1);
    }),
  );
});
