import { describe, expect, it } from 'vitest';
import { escapeMarkdown, markdownTable } from './markdown.js';

describe('escapeMarkdown', () => {
  it('leaves nothing of a text that would be a mark, a link or HTML', () => {
    expect(escapeMarkdown('<img src=x> [a](b) `c` *d* _e_ | #f')).toBe(
      '\\<img src=x\\> \\[a\\](b) \\`c\\` \\*d\\* \\_e\\_ \\| \\#f',
    );
    expect(escapeMarkdown('see https://example.org\n\n# no heading\u202e')).toBe(
      'see https\\://example.org \\# no heading\\\\u202e',
    );
  });
});

describe('markdownTable', () => {
  it('escapes its cells and keeps as many of them as it was given', () => {
    const table = markdownTable(['name', 'n'], [['a|b\nc', '3']]);
    expect(table).toBe('| name | n |\n|:--|--:|\n| a\\|b c | 3 |');
  });
});
