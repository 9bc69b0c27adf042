import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../text/tokenizer.js';
import { type DataConfigInput, dataConfig, evalSource } from './config.js';
import { type Dataset, loadDataset } from './dataset.js';
import type { LoadOptions } from './load-file.js';
import { chatMarkup } from './testing/chat-markup.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { wordTokenizer } from './testing/word-tokenizer.js';
import { treeDepth } from './tree.js';

const write = temporaryFolder();
const tokenizer = wordTokenizer();

const lines = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const pair = (prompt: string, chosen: string, rejected: string) => ({ prompt, chosen, rejected });
const words = (count: number, word = 'w') => ` ${word}`.repeat(count);

function load(config: DataConfigInput, options: Partial<LoadOptions> = {}): Promise<Dataset> {
  return loadDataset(dataConfig.parse(config), { tokenizer, ...options });
}

function textsOf({ train }: Dataset): string[][] {
  return train.map(({ trunk, branches }) =>
    [trunk, ...branches.map(({ ids }) => ids)].map((ids) => tokenizer.decode([...ids])),
  );
}

describe('loadDataset', () => {
  it('gives pairs as trees with their origin', async () => {
    const path = write('pairs.jsonl', lines(pair('Q', ' good', ' bad'), pair('R', ' yes', ' no')));
    const dataset = await load({ train: path });
    expect(textsOf(dataset)).toEqual([
      ['<s>Q', ' good</s>', ' bad</s>'],
      ['<s>R', ' yes</s>', ' no</s>'],
    ]);
    expect(dataset.train.map(({ origin }) => origin)).toEqual([
      { file: path, row: 1 },
      { file: path, row: 2 },
    ]);
    expect(dataset.eval).toEqual([]);
    expect(dataset.report).toMatchObject({ train: 2, eval: 0, tokens: { trunks: 4, responses: 8 } });
    expect(dataset.report.files[0]).toMatchObject({ path, rows: 2, used: 2, dropped: {}, schema: 'preference' });
  });

  it('drops what cannot be used and accounts for every row', async () => {
    const path = write(
      'mixed.jsonl',
      lines(
        pair('Q', ' good', ' bad'),
        pair('Q', '', ' bad'),
        pair('Q', ' good', '  \n'),
        pair('Q', ' same', ' same'),
        pair('Q', ' same ', '\tsame'),
        pair('Q', ` caf\u00e9`, ` cafe\u0301`),
        pair('Q', `${words(40)} x`, `${words(40)} y`),
        pair('Q', ' good', ' bad'),
      ),
    );
    const { report } = await load({ train: path, maxLength: 20, dropDuplicates: true });
    expect(report.files[0]).toMatchObject({
      rows: 8,
      used: 1,
      duplicates: 1,
      dropped: {
        'empty response': { count: 2, firstRows: [2, 3] },
        'equal responses': { count: 3, firstRows: [4, 5, 6] },
        'equal after truncation': { count: 1, firstRows: [7] },
        duplicate: { count: 1, firstRows: [8] },
      },
    });
  });

  it('only counts duplicates by default', async () => {
    const path = write('twice.jsonl', lines(pair('Q', ' a', ' b'), pair('Q', ' a', ' b'), pair('Q', ' b', ' a')));
    const { report } = await load({ train: path });
    expect(report.files[0]).toMatchObject({ rows: 3, used: 3, duplicates: 1 });
  });

  it('cuts a long plain prompt from its start, keeps BOS, and counts it', async () => {
    const path = write('long.jsonl', lines(pair(`first${words(60)} last`, ' good', ' bad')));
    const dataset = await load({ train: path, maxLength: 20 });
    expect(dataset.train[0]?.trunk).toHaveLength(18);
    expect(textsOf(dataset)[0]).toEqual([`<s>${words(16)} last`, ' good</s>', ' bad</s>']);
    expect(dataset.report.files[0]?.cut).toEqual({ prompts: 1, responses: 0 });
    const dropped = load({
      train: [path, write('short.jsonl', lines(pair('Q', ' a', ' b')))],
      maxLength: 20,
      truncation: 'drop',
    });
    expect((await dropped).report.files[0]).toMatchObject({ used: 0, dropped: { 'prompt too long': { count: 1 } } });
  });

  it('cuts a long conversation by whole turns and keeps the system message', async () => {
    const prompt = [
      { role: 'system', content: 'S' },
      { role: 'user', content: `old${words(40)}` },
      { role: 'assistant', content: 'A' },
      { role: 'user', content: 'new' },
    ];
    const path = write('turns.jsonl', lines({ prompt, chosen: 'yes', rejected: 'no' }));
    const dataset = await load({ train: path, maxLength: 40 }, { template: chatMarkup });
    expect(textsOf(dataset)[0]).toEqual([
      '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nnew<|im_end|>\n<|im_start|>assistant\n',
      'yes<|im_end|>',
      'no<|im_end|>',
    ]);
    const single = write('one-turn.jsonl', lines({ prompt: `old${words(40)}`, chosen: 'yes', rejected: 'no' }));
    await expect(load({ train: single, maxLength: 30 }, { template: chatMarkup })).rejects.toThrow(/no row is left/);
  });

  it('cuts responses at their end, each by its own length', async () => {
    const path = write('answers.jsonl', lines(pair('Q', words(100), ' short')));
    const dataset = await load({ train: path, maxLength: 50 });
    expect(dataset.train[0]?.branches.map(({ ids }) => ids.length)).toEqual([48, 2]);
    expect(dataset.report.files[0]?.cut).toEqual({ prompts: 0, responses: 1 });
    expect(Math.max(...dataset.train.map(treeDepth))).toBe(50);
  });

  it('learns chosen alone as text, and both with labels', async () => {
    const path = write('shapes.jsonl', lines(pair('Q', ' good', ' bad')));
    expect(textsOf(await load({ train: path }, { shape: 'text' }))).toEqual([['<s>Q', ' good</s>']]);
    const labelled = await load({ train: path }, { shape: 'labelled' });
    expect(textsOf(labelled)).toEqual([
      ['<s>Q', ' good</s>'],
      ['<s>Q', ' bad</s>'],
    ]);
    expect(labelled.train.map(({ label }) => label)).toEqual([true, false]);
    expect(labelled.report.files[0]).toMatchObject({ rows: 1, used: 1 });
    expect(labelled.report.train).toBe(2);
  });

  it('learns liked responses alone as text', async () => {
    const rows = [
      { prompt: 'Q', completion: ' a', label: true },
      { prompt: 'Q', completion: ' b', label: false },
    ];
    const path = write('thumbs.jsonl', lines(...rows));
    const { report } = await load({ train: path }, { shape: 'text' });
    expect(report.files[0]).toMatchObject({ used: 1, dropped: { 'disliked response': { count: 1, firstRows: [2] } } });
    const demonstrations = write('demonstrations.jsonl', lines({ prompt: 'Q', completion: ' a' }));
    await expect(load({ train: demonstrations })).rejects.toThrow(/learns from pairs of a chosen and a rejected/);
  });

  it('refuses demonstrations where pairs are needed, naming the file', async () => {
    const path = write('sft.jsonl', lines({ prompt: 'Q', completion: ' a' }));
    await expect(load({ train: path })).rejects.toThrow(/sft\.jsonl holds \{prompt, completion\} rows/);
  });

  it('sets rows aside by seed, duplicates of a prompt on one side', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => pair(`Q${i % 100}`, ` good ${i}`, ` bad ${i}`));
    const path = write('many.jsonl', lines(...rows));
    const dataset = await load({ train: path, eval: '10%' }, { seed: 5 });
    expect([dataset.train.length, dataset.eval.length]).toEqual([180, 20]);
    const prompts = (trees: Dataset['train']) => new Set(trees.map(({ trunk }) => trunk.join(' ')));
    expect([...prompts(dataset.eval)].filter((prompt) => prompts(dataset.train).has(prompt))).toEqual([]);
    const again = await load({ train: path, eval: '10%' }, { seed: 5 });
    expect(again.eval.map(({ origin }) => origin.row)).toEqual(dataset.eval.map(({ origin }) => origin.row));
    const other = await load({ train: path, eval: '10%' }, { seed: 6 });
    expect(other.eval.map(({ origin }) => origin.row)).not.toEqual(dataset.eval.map(({ origin }) => origin.row));
  });

  it('splits rows without a prompt too', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => pair('', `good ${i}`, `bad ${i}`));
    const dataset = await load({ train: write('empty.jsonl', lines(...rows)), eval: '25%' });
    expect([dataset.train.length, dataset.eval.length]).toEqual([30, 10]);
  });

  it('loads an evaluation file and counts its prompts that are trained on', async () => {
    const train = write('t.jsonl', lines(pair('Q', ' a', ' b'), pair('R', ' a', ' b')));
    const evaluate = write('e.jsonl', lines(pair('R', ' c', ' d'), pair('S', ' a', ' b')));
    const { report } = await load({ train, eval: evaluate });
    expect(report).toMatchObject({ train: 2, eval: 2, evalPromptsInTrain: 1 });
    expect(report.files.map(({ role }) => role)).toEqual(['train', 'eval']);
  });

  it('cannot set aside rows that all share one prompt', async () => {
    const path = write('one-prompt.jsonl', lines(pair('Q', ' a', ' b'), pair('Q', ' c', ' d')));
    await expect(load({ train: path, eval: '50%' })).rejects.toThrow(/all have one prompt/);
  });

  it.each<[string, unknown[], RegExp]>([
    ['rows of two schemas', [pair('Q', ' a', ' b'), { text: 'x' }], /line 2: "prompt" is missing/],
    ['a missing key', [pair('Q', ' a', ' b'), { prompt: 'Q', chosen: ' a' }], /line 2: "rejected" is missing/],
    [
      'a wrong type',
      [pair('Q', ' a', ' b'), { prompt: 'Q', chosen: ' a', rejected: 3 }],
      /line 2: "rejected" is a number/,
    ],
  ])('stops at %s, or drops the row', async (name, rows, message) => {
    const path = write(`${name}.jsonl`, lines(...rows));
    await expect(load({ train: path })).rejects.toThrow(message);
    const { report } = await load({ train: path, onMalformed: 'drop' });
    expect(report.files[0]).toMatchObject({ rows: 2, used: 1, dropped: { malformed: { count: 1, firstRows: [2] } } });
  });

  it('says when nothing is left', async () => {
    await expect(load({ train: write('void.jsonl', '') })).rejects.toThrow(/void\.jsonl: no row is left to train on/);
    await expect(load({ train: write('void.json', '[]') })).rejects.toThrow(/no row is left/);
    await expect(load({ train: write('void.csv', 'prompt,chosen,rejected\n') })).rejects.toThrow(/no row is left/);
    await expect(load({ train: write('equal.jsonl', lines(pair('Q', ' a', ' a'))) })).rejects.toThrow(/no row is left/);
  });

  it('maps columns of a csv file', async () => {
    const path = write('mapped.csv', 'question,good,bad\nQ, yes, no\n');
    const columns = { prompt: 'question', chosen: 'good', rejected: 'bad' };
    expect(textsOf(await load({ train: path, columns }))).toEqual([['<s>Q', ' yes</s>', ' no</s>']]);
    await expect(load({ train: path, columns: { ...columns, rejected: 'bda' } })).rejects.toThrow(
      /line 2: the column "bda", mapped to rejected, is missing/,
    );
  });

  it('lets the event loop turn while it loads', async () => {
    const slow: Tokenizer = {
      ...tokenizer,
      encode(text, more) {
        const end = performance.now() + 30;
        while (performance.now() < end);
        return tokenizer.encode(text, more);
      },
    };
    const path = write('slow.json', JSON.stringify(Array.from({ length: 20 }, (_, i) => pair(`Q${i}`, ' a', ' b'))));
    const controller = new AbortController();
    const stop = setTimeout(() => controller.abort(new Error('enough')), 10);
    await expect(load({ train: path }, { tokenizer: slow, signal: controller.signal })).rejects.toThrow('enough');
    clearTimeout(stop);
  });

  it('stops when it is told to', async () => {
    const path = write('abort.jsonl', lines(pair('Q', ' a', ' b')));
    await expect(load({ train: path }, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('any rows at all', () => {
  const text = fc.oneof(
    fc.constantFrom('', ' ', ' same', ' <|im_end|>', '\n\nHuman: x', '\u0000', 'a\ud800', ` caf\u00e9`, words(30)),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'system', 'human'), content: text });
  const side = fc.oneof({ weight: 4, arbitrary: text }, fc.array(message, { maxLength: 4 }), fc.constant(null));
  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ prompt: side, chosen: side, rejected: side }).map((row) => JSON.stringify(row)),
    },
    fc.constantFrom('', '{', 'null', '[]', '{"prompt":"Q"}', '{"a":1,"a":2}'),
  );
  const first = JSON.stringify(pair('Q', ' good', ' bad'));

  it('are accounted for, and every tree that comes out can be trained on', async () => {
    const settings = fc.record({
      maxLength: fc.integer({ min: 16, max: 40 }),
      truncation: fc.constantFrom('trunk' as const, 'drop' as const),
      dropDuplicates: fc.boolean(),
    });
    const models = fc.constantFrom(
      {},
      { template: chatMarkup },
      { tokenizer: wordTokenizer({ bos: false, eos: false }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), settings, models, async (rows, choice, model) => {
        const train = write('any-rows.jsonl', [first, ...rows].join('\n'));
        const dataset = await load({ train, onMalformed: 'drop', ...choice }, model);
        const [file] = dataset.report.files;
        const dropped = Object.values(file?.dropped ?? {}).reduce((sum, { count }) => sum + count, 0);
        expect(file?.rows).toBe(1 + rows.filter((row) => row !== '').length);
        expect(dataset.train.length + dropped).toBe(file?.rows);
        for (const tree of dataset.train) {
          expect(tree.trunk.length).toBeGreaterThan(0);
          expect(tree.branches).toHaveLength(2);
          for (const { ids } of tree.branches) expect(ids.length).toBeGreaterThan(0);
          expect(treeDepth(tree)).toBeLessThanOrEqual(choice.maxLength);
          expect(tree.branches[0]?.ids).not.toEqual(tree.branches[1]?.ids);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('dataConfig', () => {
  it('fills in its defaults', () => {
    expect(dataConfig.parse({ train: 'a.jsonl' })).toEqual({
      train: 'a.jsonl',
      maxLength: 1024,
      truncation: 'trunk',
      chatTemplate: true,
      onMalformed: 'stop',
      dropDuplicates: false,
    });
  });

  it.each([
    {},
    { train: [] },
    { train: '' },
    { train: 'a', maxLength: 4 },
    { train: 'a', maxLength: 64, minResponse: 64 },
    { train: 'a', truncation: 'start' },
    { train: 'a', columns: { question: 'prompt' } },
    { train: 'a', maxlength: 12 },
  ])('refuses %j', (config) => {
    expect(dataConfig.safeParse(config).success).toBe(false);
  });

  it('tells a share from a file', () => {
    expect(evalSource(undefined)).toBeUndefined();
    expect(evalSource('5%')).toEqual({ share: 0.05 });
    expect(evalSource(' 12.5 % ')).toEqual({ share: 0.125 });
    expect(evalSource('eval.jsonl')).toEqual({ file: 'eval.jsonl' });
    for (const share of ['0%', '-5%', '100%']) expect(() => evalSource(share)).toThrow(/data\.eval/);
  });
});
