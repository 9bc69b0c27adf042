import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { documentation } from './demo-pretrain.js';

const folder = mkdtempSync(join(tmpdir(), 'orpo-demo-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('documentation', () => {
  it('makes a question and an answer of every section with text', () => {
    writeFileSync(join(folder, 'guide.md'), 'before\n\n# Title\n\n## First\n\nOne.\n\nTwo.\n\n### Second\nThree.\n');
    writeFileSync(join(folder, 'other.txt'), '# Not read\ntext');
    expect(documentation(folder)).toEqual([
      [
        { role: 'user', content: 'First' },
        { role: 'assistant', content: 'One.\n\nTwo.' },
      ],
      [
        { role: 'user', content: 'Second' },
        { role: 'assistant', content: 'Three.' },
      ],
    ]);
  });

  it('is empty without the folder', () => {
    expect(documentation(join(folder, 'absent'))).toEqual([]);
  });
});
