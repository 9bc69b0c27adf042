import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../feedback/testing/tiny-model.js';
import { type SplitPlan, splitData, writeSplit } from './split-data.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

function write(name: string, rows: readonly object[]): string {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return at(name);
}

/** Three pairs to each prompt. */
const pairsOf = (prompts: number, from = 0) =>
  Array.from({ length: prompts * 3 }, (_, i) => ({
    question: `prompt ${from + Math.floor(i / 3)}`,
    chosen: `yes ${i}`,
    rejected: `no ${i}`,
  }));

const plan = (more: Partial<SplitPlan> = {}): SplitPlan => ({
  pairs: write('pairs.jsonl', pairsOf(40)),
  validation: '20%',
  test: '20%',
  others: new Map(),
  read: { columns: { prompt: 'question' }, onMalformed: 'stop' },
  seed: 3,
  ...more,
});

const prompts = (rows: readonly object[] | undefined): Set<unknown> =>
  new Set((rows ?? []).map((row) => ('question' in row ? row.question : 'prompt' in row ? row.prompt : undefined)));

it('parts by prompt: every row is in one part, no prompt in two, the same each time', async () => {
  const { report, parts } = await splitData(plan());
  expect(report).toMatchObject({ train: 72, validation: 24, test: 24 });
  const each = ['train', 'validation', 'test'].map((name) => prompts(parts.get(name)));
  expect(each.map(({ size }) => size)).toEqual([24, 8, 8]);
  expect(new Set(each.flatMap((one) => [...one])).size).toBe(40);
  expect((await splitData(plan())).parts).toEqual(parts);
  expect((await splitData(plan({ seed: 4 }))).parts).not.toEqual(parts);
});

it('what is trained on elsewhere has no held-out prompt, as text or as messages', async () => {
  const demonstrations = Array.from({ length: 40 }, (_, i) => ({
    messages: [
      { role: 'user', content: `prompt ${i}` },
      { role: 'assistant', content: 'well' },
    ],
  }));
  const others = new Map([['demonstrations', write('demos.jsonl', demonstrations)]]);
  const read = { columns: undefined, onMalformed: 'stop' } as const;
  const pairs = write(
    'named.jsonl',
    pairsOf(40).map(({ question: prompt, ...row }) => ({ prompt, ...row })),
  );
  const { report, parts } = await splitData(plan({ pairs, others, read }));
  expect(parts.get('demonstrations')).toHaveLength(24);
  expect(report.files[1]).toMatchObject({ rows: 40, used: 40, heldOut: 16 });
});

it('files of their own: their prompts are not trained on, and a test prompt selects nothing', async () => {
  const test = write('test.jsonl', pairsOf(5));
  const validation = write('validation.jsonl', pairsOf(5, 3));
  const { report, parts } = await splitData(plan({ test, validation }));
  expect(report).toMatchObject({ train: 96, validation: 9, test: 15 });
  expect(report.files.map(({ heldOut }) => heldOut)).toEqual([0, 6, 24]);
  expect([...prompts(parts.get('validation'))]).toEqual(['prompt 5', 'prompt 6', 'prompt 7']);
});

it('too few prompts for three parts are refused, with their number', async () => {
  const few = plan({ pairs: write('few.jsonl', pairsOf(2)) });
  await expect(splitData(few)).rejects.toThrow(/no row is left for the \w+ part: there are 2 prompts/);
  const others = new Map([['prompts', write('prompts.jsonl', pairsOf(1))]]);
  const test = write('one.jsonl', pairsOf(1));
  await expect(splitData(plan({ test, others }))).rejects.toThrow('no row is left whose prompt is not held out');
});

it('is written whole, and not again', async () => {
  const written = await writeSplit(plan(), at('data'));
  expect(readFileSync(at('data/test.jsonl'), 'utf8').trim().split('\n')).toHaveLength(24);
  expect(await writeSplit(plan({ pairs: at('none.jsonl') }), at('data'))).toEqual(JSON.parse(JSON.stringify(written)));
  await expect(writeSplit(plan({ pairs: at('none.jsonl') }), at('other'))).rejects.toThrow('none.jsonl');
  expect(existsSync(at('other'))).toBe(false);
});
