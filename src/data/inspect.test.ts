import { describe, expect, it } from 'vitest';
import { inspectFile } from './inspect.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { wordTokenizer } from './testing/word-tokenizer.js';

const write = temporaryFolder();
const pair = (prompt: string, chosen: string, rejected: string) => ({ prompt, chosen, rejected });
const path = write(
  'pairs.jsonl',
  [
    pair('Say it', ' a b c', ' a'),
    pair('Say it', ' a', ' a b c'),
    pair('Say it', ' x', ' x'),
    pair('Say it', '', ' x'),
    pair('Say it', ' a b c', ' a'),
    { prompt: 'Say it' },
    pair(' w'.repeat(30), ' y', ' z'),
    pair('Say', ' y'.repeat(30), ' z'),
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
);

describe('inspectFile', () => {
  it('counts what can be used and what cannot, without a tokenizer', async () => {
    const seen = await inspectFile(path);
    expect(seen).toMatchObject({
      path,
      format: 'jsonl',
      schema: 'preference',
      kind: 'preference',
      rows: 8,
      usable: 5,
      dropped: {
        malformed: { count: 1, firstRows: [6] },
        'equal responses': { count: 1, firstRows: [3] },
        'empty response': { count: 1, firstRows: [4] },
      },
      problems: [{ row: 6, message: '"chosen" is missing, not text or messages.' }],
      duplicates: { count: 1, firstRows: [5] },
      contradictions: { count: 1, firstRows: [2] },
      tokens: undefined,
      truncated: undefined,
      longerChosen: (3 + 0.5) / 5,
    });
    expect(seen.characters.prompt).toEqual({ count: 7, min: 3, median: 6, p90: 60, p99: 60, max: 60, mean: 93 / 7 });
    expect(seen.examples[0]).toEqual({
      row: 1,
      responses: [
        [
          { text: 'Say it', role: 'prompt' },
          { text: ' a b c', role: 'trained' },
        ],
        [
          { text: 'Say it', role: 'prompt' },
          { text: ' a', role: 'trained' },
        ],
      ],
    });
  });

  it('shows with a tokenizer what is trained and what is cut', async () => {
    const seen = await inspectFile(path, { tokenizer: wordTokenizer(), maxLength: 16, examples: 9 });
    expect(seen.usable).toBe(5);
    expect(seen.truncated).toEqual({ prompts: 1 / 5, responses: 1 / 5, rows: 2 / 5 });
    expect(seen.tokens?.prompt?.max).toBe(31);
    expect(seen.tokens?.responses.map((lengths) => lengths?.max)).toEqual([31, 4]);
    expect(seen.examples.find(({ row }) => row === 7)?.responses[0]).toEqual([
      { text: '<s>', role: 'prompt' },
      { text: ' w'.repeat(17), role: 'cut' },
      { text: ' w'.repeat(13), role: 'prompt' },
      { text: ' y</s>', role: 'trained' },
    ]);
    expect(seen.examples.find(({ row }) => row === 8)?.responses).toEqual([
      [
        { text: '<s>Say', role: 'prompt' },
        { text: ' y'.repeat(14), role: 'trained' },
        { text: `${' y'.repeat(16)}</s>`, role: 'cut' },
      ],
      [
        { text: '<s>Say', role: 'prompt' },
        { text: ' z</s>', role: 'trained' },
      ],
    ]);
  });

  it('points at borders without white space and at special tokens in the text', async () => {
    const glued = write(
      'glued.jsonl',
      [pair('Q', 'A', ' B'), pair('Q\n', 'A', 'B'), pair('Q', ' A</s>', ' B'), pair('', 'A', 'B')]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    expect(await inspectFile(glued, { tokenizer: wordTokenizer() })).toMatchObject({
      unspaced: { count: 1, firstRows: [1] },
      specialTokens: { count: 1, firstRows: [3] },
    });
    expect(await inspectFile(glued)).toMatchObject({ specialTokens: undefined });
  });

  it('looks at no more rows than asked for', async () => {
    expect(await inspectFile(path, { limit: 2, examples: 1 })).toMatchObject({ rows: 2, usable: 2 });
  });

  it('names the keys it does not know', async () => {
    const judged = write('judged.json', '[{"instruction":"Q","response1":"a","response2":"b"}]');
    await expect(inspectFile(judged)).rejects.toThrow(/row 1: .*the keys instruction, response1, response2/);
    const columns = { prompt: 'instruction', chosen: 'response1', rejected: 'response2' };
    expect(await inspectFile(judged, { columns })).toMatchObject({ schema: 'preference', usable: 1 });
  });
});
