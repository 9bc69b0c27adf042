import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspectFile } from '../data/inspect.js';
import { withColours } from './colours.js';
import { describeExample, describeInspection } from './inspection-text.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('describes a file of pairs', async () => {
  const path = join(folder, 'pairs.jsonl');
  const rows = [
    { prompt: 'Name a fruit. ', chosen: 'An apple, of course.', rejected: 'A dog.' },
    { prompt: 'Name a fruit. ', chosen: 'An apple, of course.', rejected: 'A dog.' },
    { prompt: 'Say yes. ', chosen: 'Yes', rejected: 'Yes' },
    { prompt: 'Say no. ', chosen: 'No', rejected: '' },
  ];
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const lines = describeInspection(await inspectFile(path), { maxLength: 1024 });
  const text = lines.join('\n');
  expect(text).toContain('rows    4, of which 2 usable');
  expect(text).toContain('1 equal responses (chosen and rejected are the same) row 3');
  expect(text).toContain('1 empty response');
  expect(text).toMatch(/^duplicates +1 rows repeat an earlier one row 2$/m);
  expect(text).toMatch(/^longer chosen +100\.0% /m);
  expect(text).toMatch(/^chosen +2 +/m);
  expect(text).toContain('length in characters');
  expect(text).toContain('row 1\nchosen:\nName a fruit. An apple, of course.\nrejected:\nName a fruit. A dog.');
});

it('marks prompt, trained and cut pieces', () => {
  const pieces = [
    { text: 'old ', role: 'cut' },
    { text: 'ask', role: 'prompt' },
    { text: ' answer\u001b[0m', role: 'trained' },
  ] as const;
  expect(describeExample({ row: 7, responses: [pieces] }, 'demonstration', withColours)).toEqual([
    '\u001b[1mrow 7\u001b[22m',
    '\u001b[36mresponse:\u001b[39m',
    '\u001b[31m\u001b[9mold \u001b[29m\u001b[39m\u001b[2mask\u001b[22m\u001b[32m answer␛[0m\u001b[39m',
  ]);
});
