import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inTemporaryFolder } from '../faults/small-run.js';
import { goldenFolders, readGolden, skipWhatIsAbsent } from '../golden/golden-folder.js';
import { compared } from './comparing.js';

const golden = z.object({
  cases: z.array(
    z.object({
      model: z.string(),
      annotator: z.string(),
      preference: z.array(z.number()),
      len_baseline: z.array(z.number()),
      len_model: z.array(z.number()),
      expected: z.object({ n: z.number(), win_rate: z.number(), standard_error: z.number(), draws: z.number() }),
      length_controlled: z
        .object({ minimal: z.object({ alpaca_eval: z.object({ length_controlled_winrate: z.number() }) }) })
        .optional(),
    }),
  ),
});

skipWhatIsAbsent('win_rates.json');
describe.each(goldenFolders('win_rates.json'))(
  '$name: published win rates out of files of answers and choices',
  ({ path: folder }) => {
    const { cases } = golden.parse(readGolden(folder, 'win_rates.json'));

    it.each(cases)('$model judged by $annotator', { timeout: 300_000 }, (of) =>
      inTemporaryFolder(async (place) => {
        // answers are known by their lengths alone
        const rows = of.preference.map((preference, at) => ({
          instruction: `prompt ${at}`,
          output_1: 'b'.repeat(of.len_baseline[at] ?? 1),
          output_2: 'm'.repeat(of.len_model[at] ?? 1),
          preference,
        }));
        const write = (name: string, value: unknown): string => {
          const path = join(place, name);
          writeFileSync(path, JSON.stringify(value));
          return path;
        };
        const outputs = (generator: string, key: 'output_1' | 'output_2'): string =>
          write(
            `${generator}.json`,
            rows.map(({ instruction, [key]: output }) => ({ instruction, output, generator })),
          );
        const annotations = rows.map((row) => ({ ...row, generator_1: 'baseline', generator_2: 'model' }));
        const { comparison } = await compared({
          systems: [outputs('baseline', 'output_1'), outputs('model', 'output_2')],
          judge: { kind: 'human', annotations: write('annotations.json', annotations) },
          metrics: ['win-rate'],
        });
        const [contest] = comparison.contests;
        expect(contest).toMatchObject({ a: 'model', b: 'baseline' });
        expect(contest?.winRate.n).toBe(of.expected.n);
        expect(100 * (contest?.winRate.winRate.value ?? 0)).toBeCloseTo(of.expected.win_rate, 6);
        expect(100 * (contest?.winRate.standardError ?? 0)).toBeCloseTo(of.expected.standard_error, 6);
        expect(contest?.winRate.ties).toBe(of.expected.draws);
        const controlled = of.length_controlled?.minimal.alpaca_eval.length_controlled_winrate;
        if (controlled !== undefined)
          // as the measure itself is held to it: folds differ, and with them the strength of the penalty
          expect(Math.abs(100 * (contest?.lengthControlled?.winRate.value ?? 0) - controlled)).toBeLessThan(0.02);
      }),
    );
  },
);
