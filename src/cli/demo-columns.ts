/** One column: a heading and the text under it. */
export interface Column {
  readonly heading: string;
  readonly text: string;
}

const GAP = 3;
const NARROWEST = 30;

/**
 * Texts side by side in columns of equal width, or one under the other when a column would be narrower than 30
 * characters. Every line is at most `width` characters long, unless `width` is below 10.
 */
export function sideBySide(columns: readonly Column[], width: number): string {
  const share = Math.floor((width - GAP * (columns.length - 1)) / columns.length);
  if (share < NARROWEST) {
    return columns
      .map(({ heading, text }) => [heading, ...wrap(text, Math.max(width - 2, 8)).map(indent)].join('\n'))
      .join('\n\n');
  }
  const cells = columns.map(({ heading, text }) => [heading, '─'.repeat(share), ...wrap(text, share)]);
  const height = Math.max(0, ...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, row) =>
    cells
      .map((cell) => padEnd(cell[row] ?? '', share))
      .join(' '.repeat(GAP))
      .trimEnd(),
  ).join('\n');
}

/** The lines of a text, broken at spaces so that none is longer than `width`; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/\s+/).filter((part) => part !== '')) {
    for (const piece of pieces(word, width)) {
      if (current !== '' && length(current) + 1 + length(piece) > width) {
        lines.push(current);
        current = piece;
      } else {
        current = current === '' ? piece : `${current} ${piece}`;
      }
    }
  }
  return [...lines, current];
}

function pieces(word: string, width: number): string[] {
  const characters = [...word];
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, i) => characters.slice(i * width, (i + 1) * width).join(''));
}

/** Characters as people count them, but for letters made of several code points. */
function length(text: string): number {
  return [...text].length;
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - length(text)));
}

const indent = (line: string): string => `  ${line}`.trimEnd();
