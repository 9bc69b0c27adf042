import { describe, expect, it } from 'vitest';
import { sideBySide, wrap } from './demo-columns.js';

describe('wrap', () => {
  it('breaks at spaces, keeps line breaks and cuts words that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a\n\nb', 7)).toEqual(['a', '', 'b']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('loses no word', () => {
    const text = 'Open Settings > Account, choose "Change password" and save.';
    for (let width = 12; width < 70; width++) expect(wrap(text, width).join(' ')).toBe(text);
  });
});

describe('sideBySide', () => {
  const columns = [
    { heading: 'before', text: 'word '.repeat(20) },
    { heading: 'after', text: 'short' },
  ];

  it('puts columns of equal width beside each other', () => {
    const lines = sideBySide(columns, 83).split('\n');
    expect(lines[0]).toBe(`before${' '.repeat(37)}after`);
    expect(lines[1]).toBe(`${'─'.repeat(40)}   ${'─'.repeat(40)}`);
    expect(lines[2]?.indexOf('short')).toBe(43);
    expect(lines.every((line) => [...line].length <= 83)).toBe(true);
  });

  it('stacks them when the terminal is narrow', () => {
    const lines = sideBySide(columns, 40).split('\n');
    expect(lines[0]).toBe('before');
    expect(lines.slice(-2)).toEqual(['after', '  short']);
    expect(lines.every((line) => line.length <= 40)).toBe(true);
  });
});
