import { describe, expect, it } from 'vitest';
import { dataConfig } from './config.js';
import { loadDataset } from './dataset.js';
import type { DataShape } from './shape.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { wordTokenizer } from './testing/word-tokenizer.js';

const write = temporaryFolder();
const tokenizer = wordTokenizer();

async function load(shape: DataShape, ...rows: unknown[]) {
  const train = write('rows.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  const { train: trees, report } = await loadDataset(dataConfig.parse({ train }), { tokenizer, shape });
  const examples = trees.map(({ trunk, branches, label, grades }) => ({
    texts: [trunk, ...branches.map(({ ids }) => ids)].map((ids) => tokenizer.decode([...ids]).replace(/<\/?s>/g, '')),
    ...(label === undefined ? {} : { label }),
    ...(grades === undefined ? {} : { grades }),
  }));
  return { examples, file: report.files[0] };
}

const good = { prompt: 'Q', completion: ' good', label: true };
const bad = { prompt: 'Q', completion: ' bad', label: false };

describe('pairs', () => {
  const pair = { prompt: 'Q', chosen: ' good', rejected: ' bad' };

  it('are a liked and a disliked response', async () => {
    const { examples, file } = await load('labelled', pair);
    expect(examples).toEqual([
      { texts: ['Q', ' good'], label: true },
      { texts: ['Q', ' bad'], label: false },
    ]);
    expect(file?.converted).toEqual({ from: 'preference', to: 'labelled', rows: 1, examples: 2 });
  });

  it('are rankings of two', async () => {
    const { examples, file } = await load('ranked', pair);
    expect(examples).toEqual([{ texts: ['Q', ' good', ' bad'], grades: [1, 0] }]);
    expect(file?.converted).toEqual({ from: 'preference', to: 'ranked', rows: 1, examples: 1 });
  });

  it('are not converted for their own kind', async () => {
    expect((await load('pair', pair)).file?.converted).toBeUndefined();
  });
});

describe('labelled responses', () => {
  it('make pairs with others to the same prompt; what finds none is counted', async () => {
    const { examples, file } = await load(
      'pair',
      good,
      { ...good, prompt: 'R', completion: ' alone' },
      { ...good, completion: ' better' },
      bad,
      { ...bad, completion: ' worse' },
      { ...bad, completion: ' worst' },
    );
    expect(examples).toEqual([{ texts: ['Q', ' good', ' bad'] }, { texts: ['Q', ' better', ' worse'] }]);
    expect(file).toMatchObject({
      rows: 6,
      used: 4,
      dropped: { 'no counterpart': { count: 2, firstRows: [6, 2] } },
      converted: { from: 'labelled', to: 'pair', rows: 4, examples: 2 },
    });
  });

  it('make one ranking a prompt', async () => {
    const { examples } = await load('ranked', bad, good, { ...good, completion: ' better' });
    expect(examples).toEqual([{ texts: ['Q', ' good', ' better', ' bad'], grades: [1, 1, 0] }]);
  });

  it('that make two equal sides are dropped together', async () => {
    const { examples, file } = await load(
      'pair',
      good,
      { ...bad, completion: 'good ' },
      { ...good, prompt: 'R' },
      {
        ...bad,
        prompt: 'R',
      },
    );
    expect(examples).toHaveLength(1);
    expect(file?.dropped).toEqual({ 'equal responses': { count: 2, firstRows: [1, 2] } });
  });

  it('of one kind only are refused, naming the kind', async () => {
    await expect(load('labelled', good, { ...good, prompt: 'R' })).rejects.toThrow(/every response is labelled good/);
    await expect(load('labelled', bad, { ...bad, prompt: 'R' })).rejects.toThrow(/every response is labelled bad/);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['label', { prompt: 'Q', completion: ' a', label: 1 }, true],
    ['kto_tag', { prompt: 'Q', completion: ' a', kto_tag: 'false' }, false],
    ['thumbs', { prompt: 'Q', response: ' a', thumb: 'down' }, false],
    ['feedback', { prompt: 'Q', answer: ' a', feedback: 'Good' }, true],
    ['rating', { prompt: 'Q', output: ' a', rating: -1 }, false],
    ['an instruction', { instruction: 'Q', output: ' a', liked: true }, true],
  ])('are known by %s', async (_name, row, label) => {
    const { examples, file } = await load('labelled', row, label ? bad : { ...good });
    expect(file?.schema).toBe('labelled');
    expect(examples[0]).toMatchObject({ label });
  });
});

describe('rankings', () => {
  const ranked = { prompt: 'Q', responses: [' worst', ' best', ' middle', ' also'], scores: [1, 9, 4, 4] };

  it('are sorted, the best first', async () => {
    const { examples, file } = await load('ranked', ranked);
    expect(examples).toEqual([{ texts: ['Q', ' best', ' middle', ' also', ' worst'], grades: [9, 4, 4, 1] }]);
    expect(file).toMatchObject({ schema: 'ranked', used: 1 });
    expect(file?.converted).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['ranks', { prompt: 'Q', responses: [' worst', ' best'], ranks: [2, 1] }],
    ['order', { prompt: 'Q', answers: [' worst', ' best'], order: [1, 0] }],
    [
      'scores inside',
      {
        instruction: 'Q',
        completions: [
          { response: ' worst', overall_score: '2.5' },
          { response: ' best', overall_score: 7 },
        ],
      },
    ],
    [
      'messages',
      {
        prompt: [{ role: 'user', content: 'Q' }],
        responses: [
          { role: 'assistant', content: 'worst' },
          { role: 'assistant', content: 'best' },
        ],
        scores: [0, 1],
      },
    ],
  ])('are known by %s', async (_name, row) => {
    const { examples } = await load('ranked', row);
    expect(examples[0]?.texts.slice(1).map((text) => text.trim())).toEqual(['best', 'worst']);
  });

  it('give every pair of which one is better', async () => {
    const { examples, file } = await load('pair', ranked);
    expect(examples.map(({ texts }) => texts.slice(1))).toEqual([
      [' best', ' middle'],
      [' best', ' also'],
      [' best', ' worst'],
      [' middle', ' worst'],
      [' also', ' worst'],
    ]);
    expect(file?.converted).toEqual({ from: 'ranked', to: 'pair', rows: 1, examples: 5 });
  });

  it('give liked responses above their mean and disliked ones below', async () => {
    const { examples } = await load('labelled', ranked);
    expect(examples.map(({ texts, label }) => [texts[1], label])).toEqual([
      [' best', true],
      [' middle', false],
      [' also', false],
      [' worst', false],
    ]);
  });

  it('give their best response as a demonstration', async () => {
    expect((await load('text', ranked)).examples).toEqual([{ texts: ['Q', ' best'] }]);
  });

  it('of ties only are dropped and counted', async () => {
    const { file } = await load('pair', ranked, { ...ranked, scores: [3, 3, 3, 3] });
    expect(file?.dropped).toEqual({ 'only ties': { count: 1, firstRows: [2] } });
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ prompt: 'Q', responses: [' a', ' b'], scores: [1] }, /"scores" does not hold one number a response/],
    [{ prompt: 'Q', responses: [' a', ' b'], scores: [1, 'much'] }, /"much", which is not a number/],
    [{ prompt: 'Q', responses: [' a', ' b'], order: [1, 1] }, /"order" does not name every response/],
    [{ prompt: 'Q', responses: [' a', ' b'] }, /response 0 has no score/],
    [{ prompt: 'Q', responses: [' a'], scores: [1] }, /at least two responses/],
  ])('that cannot be read are refused: %j', async (row, problem) => {
    await expect(load('ranked', row)).rejects.toThrow(problem);
  });
});

it('demonstrations cannot be compared', async () => {
  for (const shape of ['pair', 'labelled', 'ranked'] as const)
    await expect(load(shape, { prompt: 'Q', completion: ' a' })).rejects.toThrow(/but this method learns from/);
});
