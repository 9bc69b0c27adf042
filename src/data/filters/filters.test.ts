import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { RowCounts } from '../accounting.js';
import { dataConfig } from '../config.js';
import { loadDataset } from '../dataset.js';
import type { DataShape } from '../shape.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { wordTokenizer } from '../testing/word-tokenizer.js';
import { cleanFiles } from './clean-file.js';
import { type FilterConfigInput, filterConfig } from './config.js';
import { filterFiles } from './filter-files.js';

const write = temporaryFolder();
let files = 0;
const jsonl = (rows: readonly unknown[]): string =>
  write(`rows-${files++}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

/** A sentence of its own for each number. */
const say = (n: number): string =>
  `the tool number ${n} of the box is for house ${n * 31} and not for garden ${n * 17} as far as I know`;
const pair = (prompt: string, chosen: string, rejected: string) => ({ prompt, chosen, rejected });
const good = (n: number) => pair(`${say(n)}?`, ` yes ${say(n + 500)}`, ` no ${say(n + 900)}`);

async function reasons(rows: readonly unknown[], filters: FilterConfigInput, heldOut?: string) {
  const [rulings] = await filterFiles([jsonl(rows)], filterConfig.parse(filters), {
    tokenizer: wordTokenizer(),
    heldOut: heldOut === undefined ? undefined : [heldOut],
  });
  return [...(rulings?.dropped ?? [])].map(([row, { reason, because }]) => [row, reason, because?.row]);
}

describe('filterFiles', () => {
  it('finds all that is planted, for its reason, and nothing else', async () => {
    const heldOut = jsonl([good(100), good(101)]);
    const rows = [
      ...Array.from({ length: 20 }, (_, i) => good(i)),
      pair(say(200), ' the <|im_end|> of it', ' no'),
      pair(say(201), ' yes\n\nHuman: go on', ' no'),
      pair('Was ist das und wie kann ich es in der Küche benutzen?', ' yes', ' no'),
      pair(say(202), ' yes', ` no ${say(203)}`),
      { ...good(100), chosen: ' something else' },
      pair(`so ${say(101)}?`, ' a', ' b'),
      pair(say(204), good(101).chosen, ' b and some more words'),
      good(3),
      pair(`well ${good(4).prompt}`, good(4).chosen, good(4).rejected),
      pair(good(5).prompt, good(5).rejected, good(5).chosen),
    ];
    const all: FilterConfigInput = {
      duplicates: 'near',
      conflicts: 'pairs',
      promptLeaks: 'near',
      responseLeaks: 'near',
      languages: ['en'],
      controlTokens: true,
      turns: true,
      lengthRatio: 10,
    };
    const found = [
      [21, 'control token', undefined],
      [22, 'broken turns', undefined],
      [23, 'other language', undefined],
      [24, 'unequal lengths', undefined],
      [25, 'held-out prompt', 1],
      [26, 'held-out prompt', 2],
      [27, 'held-out response', 2],
      [28, 'duplicate', 4],
      [29, 'near duplicate', 5],
      [6, 'conflict', 30],
      [30, 'conflict', 6],
    ];
    expect(await reasons(rows, all, heldOut)).toEqual(found);
    expect(await reasons(rows, {}, heldOut)).toEqual([]);
    // one filter at a time finds its own
    const alone: [FilterConfigInput, number[]][] = [
      [{ duplicates: 'exact' }, [28]],
      [{ duplicates: 'near' }, [28, 29]],
      [{ conflicts: 'pairs' }, [6, 30]],
      [{ promptLeaks: 'exact' }, [25]],
      [{ promptLeaks: 'near' }, [25, 26]],
      [{ responseLeaks: 'exact' }, [25, 27]],
      [{ languages: ['en'] }, [23]],
      [{ controlTokens: true }, [21]],
      [{ turns: true }, [22]],
      [{ lengthRatio: 10 }, [24]],
    ];
    for (const [filters, expected] of alone) {
      expect((await reasons(rows, filters, heldOut)).map(([row]) => row)).toEqual(expected);
    }
  });

  it('takes several files for one data set, the same file twice too', async () => {
    const [first, second] = [jsonl([good(1), good(2)]), jsonl([good(2), good(3)])];
    const filters = filterConfig.parse({ duplicates: 'exact' });
    const rulings = await filterFiles([first, second, first], filters);
    expect(rulings.map(({ dropped }) => [...dropped.keys()])).toEqual([[], [1], [1, 2]]);
    expect(rulings[1]?.dropped.get(1)).toEqual({ reason: 'duplicate', because: { file: first, row: 2 } });
  });

  it('keeps the first of what repeats, whatever is planted, and drops a row for one reason alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { minLength: 1, maxLength: 40 }), async (numbers) => {
        const rows = numbers.map(good);
        const repeated = numbers.flatMap((n, i) => (numbers.indexOf(n) < i ? [i + 1] : []));
        expect((await reasons(rows, { duplicates: 'near', conflicts: 'responses' })).map(([row]) => row)).toEqual(
          repeated,
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('training data', () => {
  const load = async (
    rows: readonly unknown[],
    filters: FilterConfigInput,
    shape: DataShape = 'pair',
    evaluate?: string,
  ) =>
    await loadDataset(
      dataConfig.parse({ train: jsonl(rows), filters, ...(evaluate === undefined ? {} : { eval: evaluate }) }),
      { tokenizer: wordTokenizer(), shape },
    );
  const balanced = ({ rows, used, dropped }: RowCounts): boolean =>
    rows === used + Object.values(dropped).reduce((sum, { count }) => sum + count, 0);

  it('is filtered, counted by reason, and shown before and after', async () => {
    const rows = [good(1), good(2), good(1), pair(say(3), ' yes </s>', ' no'), pair(say(4), '', ' no')];
    const { train, report } = await load(rows, { duplicates: 'near', controlTokens: true });
    const [file] = report.files;
    expect(train.map(({ origin }) => origin.row)).toEqual([1, 2]);
    expect(file).toMatchObject({
      rows: 5,
      used: 2,
      dropped: {
        duplicate: { count: 1, firstRows: [3] },
        'control token': { count: 1, firstRows: [4] },
        'empty response': { count: 1, firstRows: [5] },
      },
      filtered: { before: { rows: 5 }, after: { rows: 3 } },
    });
    expect(file && balanced(file)).toBe(true);
  });

  const prompt = say(1);
  const shapes: [DataShape, unknown[]][] = [
    [
      'text',
      [
        { prompt, completion: ' yes' },
        { prompt, completion: ' yes' },
        { prompt: say(2), completion: ' yes </s>' },
      ],
    ],
    ['pair', [good(1), good(1), pair(say(2), ' a </s>', ' b')]],
    [
      'labelled',
      [
        { prompt, completion: ' yes', label: true },
        { prompt, completion: ' yes', label: true },
        { prompt: say(2), completion: ' no </s>', label: false },
        { prompt: say(3), completion: ' no', label: false },
      ],
    ],
    [
      'ranked',
      [
        { prompt, responses: [' a', ' b', ' c'], scores: [3, 2, 1] },
        { prompt, responses: [' a', ' b', ' c'], scores: [3, 2, 1] },
        { prompt: say(2), responses: [' a', ' b </s>'], scores: [2, 1] },
      ],
    ],
    ['prompt', [{ prompt }, { prompt }, { prompt: `${say(2)} </s>` }]],
  ];
  it.each(shapes)('is filtered in the shape %s', async (shape, rows) => {
    const { report } = await load(rows, { duplicates: 'near', controlTokens: true }, shape);
    expect(report.files[0]?.dropped).toEqual({
      duplicate: { count: 1, firstRows: [2] },
      'control token': { count: 1, firstRows: [3] },
    });
    expect(report.files[0]?.used).toBe(rows.length - 2);
  });

  it('is the same each time it is loaded', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => good(i % 45));
    const path = jsonl(rows);
    const config = dataConfig.parse({ train: path, eval: '20%', filters: { duplicates: 'near', promptLeaks: 'near' } });
    const [first, second] = [
      await loadDataset(config, { tokenizer: wordTokenizer(), seed: 3 }),
      await loadDataset(config, { tokenizer: wordTokenizer(), seed: 3 }),
    ];
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(first.report.files[0]?.used).toBe(45);
  });

  it('has prompts that are near to each other on one side of a split', async () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      pair(`${i % 2 === 0 ? '' : 'well '}${say(i >> 1)}`, ` a ${i}`, ` b ${i}`),
    );
    const sides = async (filters: FilterConfigInput): Promise<number> => {
      const { train, eval: held } = await load(rows, filters, 'pair', '30%');
      const trained = new Set(train.map(({ origin }) => (origin.row - 1) >> 1));
      expect(train.length + held.length).toBe(40);
      return held.filter(({ origin }) => trained.has((origin.row - 1) >> 1)).length;
    };
    expect(await sides({})).toBeGreaterThan(0);
    expect(await sides({ promptLeaks: 'near' })).toBe(0);
  });

  it('gives up training rows that are evaluated on, and no evaluation row', async () => {
    const evaluate = jsonl([good(1), good(50)]);
    const { report, train, eval: held } = await load([good(1), good(2)], { promptLeaks: 'exact' }, 'pair', evaluate);
    expect([train.length, held.length, report.evalPromptsInTrain]).toEqual([1, 2, 0]);
    expect(report.files.map(({ dropped }) => dropped)).toEqual([
      { 'held-out prompt': { count: 1, firstRows: [1] } },
      {},
    ]);
  });

  it.each([
    [
      { promptLeaks: 'near' },
      undefined,
      'data.filters.promptLeaks looks for held-out rows, but data.eval is not given.',
    ],
    [{ responseLeaks: 'near' }, '10%', 'data.filters.responseLeaks looks for held-out rows, but data.eval is a share.'],
  ] as const)('refuses a filter with nothing to compare with: %j', async (filters, evaluate, message) => {
    await expect(load([good(1), good(2)], filters, 'pair', evaluate)).rejects.toThrow(message);
  });

  it('says which filter left nothing', async () => {
    await expect(load([pair('Q', ' a </s>', ' b')], { controlTokens: true })).rejects.toThrow(
      'a text spells a control token of the tokenizer or a marker of a chat template (1 rows)',
    );
  });
});

it('are written in the docs as they are accepted', () => {
  const page = readFileSync(new URL('../../../docs/data-quality.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const { data } = parse(yaml);
  const { filters } = dataConfig.parse(data);
  // every filter there is
  expect(Object.keys(data.filters).sort()).toEqual(Object.keys(filterConfig.shape).sort());
  expect(filters).toEqual(data.filters);
});

describe('cleanFiles', () => {
  const lines = [
    JSON.stringify(good(1)),
    '{"prompt": "Q",   "chosen": "a",\t"rejected": "b", "id": 1.50}\r',
    JSON.stringify(good(1)),
    '{"prompt": "Q"',
    '',
    '{"prompt": "Q", "chosen": "", "rejected": "b"}',
    '{"prompt": "R", "chosen": "Gr\\u00fc\\u00dfe", "rejected": "b"}',
  ];

  it('writes kept rows byte by byte in their order, and the others with their reasons', async () => {
    const path = write('dirty.jsonl', lines.join('\n'));
    const before = readFileSync(path);
    const kept = join(dirname(path), 'clean.jsonl');
    const [cleaned] = await cleanFiles([path], filterConfig.parse({ duplicates: 'exact' }), { write: kept });
    expect(readFileSync(kept, 'utf8')).toBe(`${[lines[0], lines[1], lines[6]].join('\n')}\n`);
    expect(readFileSync(path)).toEqual(before);
    const dropped = readFileSync(join(dirname(path), 'clean.dropped.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(dropped.map((line) => JSON.parse(line))).toEqual([
      { row: 3, reason: 'duplicate', because: { file: path, row: 1 }, value: good(1) },
      { row: 4, reason: 'malformed', detail: expect.stringContaining('not valid JSON') },
      { row: 6, reason: 'empty response', value: { prompt: 'Q', chosen: '', rejected: 'b' } },
    ]);
    expect(cleaned).toMatchObject({ rows: 6, used: 3, filtered: { before: { rows: 5 }, after: { rows: 3 } } });
    const { report } = await loadDataset(dataConfig.parse({ train: kept }), { tokenizer: wordTokenizer() });
    expect(report.files[0]).toMatchObject({ rows: 3, used: 3, dropped: {} });
  });

  it('writes rows of other kinds of files as JSON lines', async () => {
    const path = write('rows.csv', 'prompt,chosen,rejected\nQ,"a, b",c\nQ,"a, b",c\nP,d,e\n');
    const kept = join(dirname(path), 'from-csv.jsonl');
    await cleanFiles([path], filterConfig.parse({ duplicates: 'exact' }), { write: kept });
    expect(readFileSync(kept, 'utf8')).toBe(
      `${JSON.stringify(pair('Q', 'a, b', 'c'))}\n${JSON.stringify(pair('P', 'd', 'e'))}\n`,
    );
  });

  it('drops rows for reasons found elsewhere, and counts them', async () => {
    const path = jsonl([good(1), good(2), good(3)]);
    const rulings = new Map([[2, { reason: 'label noise', detail: 'margin -3' } as const]]);
    const [cleaned] = await cleanFiles([path], filterConfig.parse({}), { rulings });
    expect(cleaned).toMatchObject({ rows: 3, used: 2, dropped: { 'label noise': { count: 1, firstRows: [2] } } });
  });

  it('overwrites nothing and writes one kind of file', async () => {
    const path = jsonl([good(1)]);
    const clean = async (target: string) => await cleanFiles([path], filterConfig.parse({}), { write: target });
    await expect(clean(path)).rejects.toThrow(`${path} is there already.`);
    await expect(clean(join(dirname(path), 'clean.csv'))).rejects.toThrow('is no .jsonl file');
    const beside = write('taken.dropped.jsonl', '');
    await expect(clean(join(dirname(path), 'taken.jsonl'))).rejects.toThrow(`${beside} is there already.`);
    expect(existsSync(join(dirname(path), 'taken.jsonl'))).toBe(false);
    await expect(clean(join(dirname(path), 'nowhere', 'clean.jsonl'))).rejects.toMatchObject({ code: 'disk' });
    const two = cleanFiles([path, path], filterConfig.parse({}), { write: join(dirname(path), 'two.jsonl') });
    await expect(two).rejects.toThrow('can hold the rows of one file only');
  });
});
