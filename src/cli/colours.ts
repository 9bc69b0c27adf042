/** Wraps texts in ANSI codes, or leaves them as they are. */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  strike(text: string): string;
}

const plain = (text: string): string => text;

export const withoutColours: Colours = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
  strike: plain,
};

export const withColours: Colours = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  green: ansi(32, 39),
  yellow: ansi(33, 39),
  cyan: ansi(36, 39),
  strike: ansi(9, 29),
};

function ansi(on: number, off: number): (text: string) => string {
  // each line by itself, so that a pager or a cut between lines leaves no colour open
  return (text) =>
    text
      .split('\n')
      .map((line) => (line === '' ? '' : `\u001b[${on}m${line}\u001b[${off}m`))
      .join('\n');
}
