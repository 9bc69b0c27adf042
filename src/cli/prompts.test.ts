import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPrompts } from './prompts.js';

const folder = mkdtempSync(join(tmpdir(), 'orpo-prompts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, 'prompts');
  writeFileSync(path, content);
  return path;
}

describe('readPrompts', () => {
  it('reads one plain prompt a line', () => {
    expect(readPrompts(file('\uFEFFHow are you?\r\n\n  [1, 2]\n'))).toEqual(['How are you?', '  [1, 2]']);
  });

  it('reads rows with text or messages', () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const rows = [{ prompt: 'text', chosen: 'x' }, { prompt: messages }].map((value) => JSON.stringify(value));
    expect(readPrompts(file(rows.join('\n')))).toEqual(['text', messages]);
  });

  it('names the line without a prompt, the empty file and the missing one', () => {
    expect(() => readPrompts(file('{"prompt":"a"}\n\n{"text":"b"}'))).toThrow(/line 3/);
    expect(() => readPrompts(file('{"prompt":"a"}\n{"prompt":"b"'))).toThrow(/line 2/);
    expect(() => readPrompts(file(' \n'))).toThrow(/holds no prompt/);
    expect(() => readPrompts(join(folder, 'absent'))).toThrow(/cannot be read/);
  });
});
