import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataConfigInput, dataConfig } from '../config.js';
import { loadDataset } from '../dataset.js';
import { openTrainingSet } from '../open-training-set.js';
import { addRowsRead, type RowsRead } from '../rows-read.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { wordTokenizer } from '../testing/word-tokenizer.js';
import type { TrainingSet, TrainingSetOptions } from '../training-set.js';
import type { Tree } from '../tree.js';

const write = temporaryFolder();
const tokenizer = wordTokenizer();

const pair = (i: number) => ({ prompt: `Q${i}`, chosen: `${' w'.repeat(1 + (i % 9))} a`, rejected: ` b ${i}` });
const lines = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const pairs = (count: number): string => lines(...Array.from({ length: count }, (_, i) => pair(i)));

function open(config: DataConfigInput, options: Partial<TrainingSetOptions> = {}): Promise<TrainingSet> {
  const given = { tokenizer, batch: 4, seed: 7, check: () => {}, ...options };
  return openTrainingSet(dataConfig.parse({ stream: true, ...config }), given);
}

/** All updates of an epoch, and what became of the rows that were read for them. */
async function epochOf({ batches }: TrainingSet, epoch = 0) {
  const updates: (readonly Tree[])[] = [];
  const read: RowsRead[] = [];
  for (let step = epoch * batches.perEpoch; step < (epoch + 1) * batches.perEpoch; step++) {
    updates.push(await batches.read(step));
    read.push(...batches.rowsRead(step));
  }
  return { updates, read: addRowsRead(read) };
}

const placesOf = (updates: readonly (readonly Tree[])[]) =>
  updates.map((trees) => trees.map(({ origin }) => `${origin.file.at(-7)} ${origin.row}`));

describe('streamed data', () => {
  it('gives every row of clean files once an epoch, as the trees that loading gives', async () => {
    const train = [write('1.jsonl', pairs(301)), write('2.jsonl', `\n${pairs(80)}\n\n`)];
    const set = await open({ train });
    expect(set.examples).toBe(381);
    expect(set.batches.perEpoch).toBe(96);
    const { updates, read } = await epochOf(set);
    expect(updates.map(({ length }) => length).sort((a, b) => a - b)).toEqual([1, ...Array(95).fill(4)]);
    const byPlace = (a: Tree, b: Tree) =>
      a.origin.file < b.origin.file ? -1 : a.origin.file > b.origin.file ? 1 : a.origin.row - b.origin.row;
    const loaded = await loadDataset(dataConfig.parse({ train }), { tokenizer });
    expect(updates.flat().sort(byPlace)).toEqual([...loaded.train].sort(byPlace));
    expect(read.map(({ rows, used, dropped }) => ({ rows, used, dropped }))).toEqual([
      { rows: 301, used: 301, dropped: {} },
      { rows: 80, used: 80, dropped: {} },
    ]);
    expect(set.report.streamed).toMatchObject([
      { path: train[0], role: 'train', rows: 301, schema: 'preference', sha256: loaded.report.files[0]?.sha256 },
      { path: train[1], rows: 80 },
    ]);
  });

  it('is a function of seed, epoch and step, wherever reading begins', async () => {
    const train = write('order.jsonl', pairs(400));
    const whole = placesOf((await epochOf(await open({ train }))).updates);
    const fresh = await open({ train });
    for (const step of [99, 40, 0, 41]) expect(placesOf([await fresh.batches.read(step)])[0]).toEqual(whole[step]);
    expect(placesOf((await epochOf(await open({ train }), 1)).updates)).not.toEqual(whole);
    expect(placesOf((await epochOf(await open({ train }, { seed: 8 }))).updates)).not.toEqual(whole);
  });

  it('fills the places of rows that cannot be used, and counts these', async () => {
    const rows = Array.from({ length: 260 }, (_, i) =>
      i % 10 === 3 ? { ...pair(i), chosen: '' } : i % 10 === 6 ? { prompt: 'Q' } : pair(i),
    );
    const train = write('holes.jsonl', lines(...rows));
    const { updates, read } = await epochOf(await open({ train, onMalformed: 'drop' }));
    expect(updates.map(({ length }) => length)).toEqual(Array(65).fill(4));
    expect(new Set(updates.flat().map(({ origin }) => origin.row)).size).toBe(208);
    expect(read).toMatchObject([
      { rows: 260, used: 208, dropped: { 'empty response': { count: 26 }, malformed: { count: 26 } } },
    ]);
    await expect(open({ train })).rejects.toThrow(/holes\.jsonl line \d*7: "chosen" is missing/);
  });

  it('stops at a window without a usable row, naming file, rows and reason', async () => {
    const train = write('useless.jsonl', lines(...Array.from({ length: 9 }, (_, i) => ({ ...pair(i), chosen: ' ' }))));
    await expect(open({ train })).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(
        /None of the 9 rows .*a response is empty or only white space \(9 rows, such as .*useless\.jsonl line 1, 2, 3, 4, 5\)/,
      ),
    });
    await expect(open({ train: write('void.jsonl', '\n') })).rejects.toThrow(/no row is left to train on/);
  });

  it('asks whoever checks trees for each window, and for what is held out', async () => {
    const seen: number[] = [];
    const set = await open(
      { train: write('t.jsonl', pairs(300)), eval: write('e.jsonl', pairs(3)) },
      { check: (trees) => seen.push(trees.length) },
    );
    await epochOf(set);
    expect(seen).toEqual([3, 128, 128, 44]);
    expect(set.eval).toHaveLength(3);
    expect(set.report).toMatchObject({ train: 300, eval: 3, files: [{ role: 'eval', rows: 3 }] });
    expect(set.report.evalPromptsInTrain).toBeUndefined();
  });

  it('refuses what needs the whole of the data, naming the key', () => {
    const issue = (config: object) =>
      dataConfig
        .safeParse({ train: 't.jsonl', stream: true, ...config })
        .error?.issues.map(({ path }) => path.join('.'));
    expect(issue({ filters: { duplicates: 'exact' } })).toEqual(['filters']);
    expect(issue({ dropDuplicates: true })).toEqual(['dropDuplicates']);
    expect(issue({ eval: ' 5% ' })).toEqual(['eval']);
    expect(issue({ eval: 'held.jsonl' })).toBeUndefined();
  });

  it('refuses other files, and rows that are no example each', async () => {
    const config = { code: 'config' };
    await expect(open({ train: write('a.csv', 'prompt,chosen,rejected\nQ,a,b\n') })).rejects.toMatchObject(config);
    await expect(open({ train: write('a.json', `[${JSON.stringify(pair(1))}]`) })).rejects.toThrow(/a\.json is json/);
    const thumbs = write('thumbs.jsonl', lines({ prompt: 'Q', completion: ' a', label: true }));
    await expect(open({ train: thumbs })).rejects.toThrow(/data\.stream makes one example of each row/);
    await expect(open({ train: thumbs }, { shape: 'labelled' })).resolves.toMatchObject({ examples: 1 });
    const ranked = write('ranked.jsonl', lines({ prompt: 'Q', responses: [' a', ' b', ' c'], scores: [3, 2, 1] }));
    await expect(open({ train: ranked })).rejects.toMatchObject(config);
    await expect(open({ train: ranked }, { shape: 'ranked' })).resolves.toMatchObject({ examples: 1 });
  });

  it('accounts for any rows at all', async () => {
    const row = fc.oneof(
      { weight: 5, arbitrary: fc.nat({ max: 40 }).map((i) => JSON.stringify(pair(i))) },
      fc.constantFrom(
        '{',
        '',
        'null',
        '{"prompt":"Q"}',
        lines({ ...pair(1), rejected: ' ' }),
        lines({ ...pair(2), chosen: 3 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (rows, batch) => {
        // two usable rows in each window of 32 batches at most 160 rows wide: all of them are in the first
        const train = write('any.jsonl', [...rows, lines(pair(90)), lines(pair(91))].join('\n'));
        const first = rows.find((one) => one !== '');
        const known = first === undefined || first.includes('chosen');
        const opened = open({ train, onMalformed: 'drop' }, { batch: Math.max(2, batch) });
        if (!known) {
          await opened.catch((error: unknown) => expect(error).toMatchObject({ code: 'data' }));
          return;
        }
        const { updates, read } = await epochOf(await opened);
        const count = rows.filter((one) => one !== '').length + 2;
        const dropped = Object.values(read[0]?.dropped ?? {}).reduce((sum, one) => sum + one.count, 0);
        expect(read[0]?.rows).toBe(count);
        expect((read[0]?.used ?? 0) + dropped).toBe(count);
        expect(new Set(updates.flat().map(({ origin }) => origin.row)).size).toBe(read[0]?.used);
        expect(updates.flat()).toHaveLength(count);
      }),
      { numRuns: 150 },
    );
  });
});
