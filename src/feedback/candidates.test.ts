import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CandidateOptions, type CandidateRow, humanChoice, readCandidates } from './candidates.js';
import { readPromptRows } from './read-prompts.js';
import { temporaryFolder } from './testing/tiny-model.js';

const folder = temporaryFolder();

async function read(rows: readonly unknown[], options: Partial<CandidateOptions> = {}): Promise<CandidateRow[]> {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  const found: CandidateRow[] = [];
  for await (const row of readCandidates(path, { onMalformed: 'stop', least: 2, seed: 1, ...options })) found.push(row);
  return found;
}

describe('readCandidates', () => {
  it('reads lists of responses, as text or with other keys, in their order', async () => {
    const rows = await read([
      { prompt: 'p', responses: ['a', 'b', 'c'] },
      { question: 'q', completions: [{ text: 'a', score: 3 }, { text: 'b' }] },
      { prompt: [{ role: 'user', content: 'x' }], answers: [{ role: 'assistant', content: 'y' }, 'z'] },
    ]);
    expect(rows).toEqual([
      { row: 1, prompt: 'p', responses: ['a', 'b', 'c'], human: [] },
      { row: 2, prompt: 'q', responses: ['a', 'b'], human: [] },
      {
        row: 3,
        prompt: [{ role: 'user', content: 'x' }],
        responses: [[{ role: 'assistant', content: 'y' }], 'z'],
        human: [],
      },
    ]);
  });

  it('reads numbered columns and what people say of them', async () => {
    const row = { instruction: 'do', input: 'this', response10: 'c', response2: 'b', response1: 'a', by: '2', too: 0 };
    const [found] = await read([row], { human: ['by', 'too'] });
    expect(found).toEqual({
      row: 1,
      prompt: [{ role: 'user', content: 'do\nthis' }],
      responses: ['a', 'b', 'c'],
      human: ['second', 'tie'],
    });
  });

  it('reads labelled pairs, whose place tells nothing of the label', async () => {
    const rows = await read(
      Array.from({ length: 200 }, (_, i) => ({ prompt: `${i}`, chosen: 'good', rejected: 'bad' })),
    );
    let first = 0;
    for (const row of rows) {
      if ('dropped' in row) throw new Error(row.dropped);
      const choice = humanChoice(row);
      expect(row.responses[choice === 'first' ? 0 : 1]).toBe('good');
      if (choice === 'first') first++;
    }
    expect(first).toBeGreaterThan(70);
    expect(first).toBeLessThan(130);
    expect(await read([{ prompt: '0', chosen: 'good', rejected: 'bad' }])).toEqual(rows.slice(0, 1));
  });

  it('drops what cannot be compared and says why', async () => {
    const rows = await read([
      { prompt: 'p', responses: ['a', ' '] },
      { prompt: 'p', responses: ['a', 'a'] },
      { prompt: 'p', responses: ['a', '', 'b'] },
    ]);
    expect(rows).toEqual([
      { row: 1, dropped: 'empty response' },
      { row: 2, dropped: 'equal responses' },
      { row: 3, prompt: 'p', responses: ['a', 'b'], human: [] },
    ]);
  });

  it('stops at a malformed row by its file and line, or counts it', async () => {
    const rows = [{ prompt: 'p', responses: ['a', 'b'] }, { prompt: 'p', responses: ['a'] }, { responses: ['a', 'b'] }];
    await expect(read(rows)).rejects.toThrow(/rows\.jsonl line 2: the row has one response/);
    const found = await read(rows, { onMalformed: 'drop' });
    expect(found.slice(1)).toEqual([
      { row: 2, dropped: 'malformed' },
      { row: 3, dropped: 'malformed' },
    ]);
    await expect(read([{ prompt: 'p', responses: ['a', 'b'], by: 3 }], { human: ['by'] })).rejects.toThrow(/"by" is 3/);
  });

  it('takes one response where one is enough', async () => {
    expect(await read([{ prompt: 'p', completion: 'a' }], { least: 1 })).toEqual([
      { row: 1, prompt: 'p', responses: ['a'], human: [] },
    ]);
  });
});

describe('readPromptRows', () => {
  async function prompts(name: string, content: string): Promise<unknown[]> {
    const path = join(folder, name);
    writeFileSync(path, content);
    const found: unknown[] = [];
    for await (const row of readPromptRows(path, { onMalformed: 'drop' })) found.push(row);
    return found;
  }

  it('reads rows with or without responses, and lines of text', async () => {
    const rows = [
      { prompt: 'p' },
      { instruction: 'i', output: 'o' },
      { messages: [{ role: 'user', content: 'x' }] },
      7,
    ];
    expect(await prompts('p.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))).toEqual([
      { row: 1, prompt: 'p' },
      { row: 2, prompt: [{ role: 'user', content: 'i' }] },
      { row: 3, dropped: 'no response' },
      { row: 4, dropped: 'malformed' },
    ]);
    expect(await prompts('p.txt', '\uFEFFone\n\n two \r\n')).toEqual([
      { row: 1, prompt: 'one' },
      { row: 3, prompt: ' two' },
    ]);
    await expect(readPromptRows(join(folder, 'none.txt'), { onMalformed: 'stop' }).next()).rejects.toThrow(/not exist/);
  });
});
