import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../feedback/testing/tiny-model.js';
import { HumanJudge } from './human-judge.js';

const folder = temporaryFolder();

function annotations(preferences: readonly unknown[]): string {
  const path = join(folder, `${preferences.length}-${String(preferences[0])}.json`);
  const rows = preferences.map((preference) => ({
    instruction: 'q',
    output_1: 'zebra',
    generator_1: 'base',
    output_2: 'ant',
    generator_2: 'ours',
    preference,
  }));
  writeFileSync(path, JSON.stringify(rows));
  return path;
}

test('choices are found in either order, averaged over people, and what nobody chose has none', async () => {
  const judge = await HumanJudge.open(annotations([2, 2, 1, 0]));
  const [ours, theirs, other] = await judge.compare([
    { prompt: 'q', first: 'ant', second: 'zebra' },
    { prompt: [{ role: 'user', content: 'q' }], first: 'zebra', second: 'ant' },
    { prompt: 'q', first: 'ant', second: 'bee' },
  ]);
  // 1, 1, 0 and a tie
  expect(ours).toEqual({ value: { probability: 0.625 } });
  expect(theirs).toEqual({ value: { probability: 0.375 } });
  expect(other).toEqual({ failure: expect.stringContaining('has no choice between these answers') });
  expect(judge.unused).toEqual({ pairs: 1, unused: 0 });
});

test('a preference that is no code of theirs is an error that names file and row', async () => {
  await expect(HumanJudge.open(annotations([2, 3]))).rejects.toThrow(/2-2\.json row 2 has the preference 3\./);
});
