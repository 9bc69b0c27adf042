import { printable } from '../text/format.js';

/** Text that stands in Markdown as it is: nothing in it makes a mark, a link, a cell or an element of HTML. */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>|~#&!]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:');
}

/** A table; the first column is of words, the others of numbers. Cells are escaped here. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const marks = `|${head.map((_, i) => (i === 0 ? ':--' : '--:')).join('|')}|`;
  return [line(head), marks, ...rows.map(line)].join('\n');
}
