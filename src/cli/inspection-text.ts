import { dropReasons, reasonMeanings } from '../data/accounting.js';
import type { Inspection } from '../data/inspect.js';
import type { LengthSummary, SideLengths } from '../data/lengths.js';
import type { Example, Piece } from '../data/show-example.js';
import type { Found } from '../data/survey.js';
import { formatCount, formatShare, printable } from '../text/format.js';
import { type Colours, withoutColours } from './colours.js';

export interface InspectionTextOptions {
  readonly maxLength: number;
  readonly colours?: Colours;
  /** What the checks of quality found, as lines; they say more of the same things. */
  readonly quality?: readonly string[] | undefined;
}

/** What was found in a data file, as lines for people. */
export function describeInspection(found: Inspection, options: InspectionTextOptions): string[] {
  const colours = options.colours ?? withoutColours;
  const { bold, dim, green } = colours;
  const { path, format, schema, keys, kind, rows, usable, tokens } = found;
  return [
    `${bold(printable(path))}  ${format}`,
    `${dim('schema')}  ${schema} ${dim(`(${kind}; told by ${printable(keys)})`)}`,
    `${dim('rows')}    ${formatCount(rows)}, of which ${green(formatCount(usable))} usable`,
    ...describeDropped(found, colours),
    '',
    bold(tokens === undefined ? 'length in characters' : 'length in tokens'),
    ...lengthTable(tokens ?? found.characters, kind, colours),
    ...describeCuts(found, options.maxLength, colours),
    '',
    ...describeFindings(found, options.quality, colours),
    ...describeProblems(found, colours),
    ...found.examples.flatMap((example) => ['', ...describeExample(example, kind, colours)]),
  ];
}

function describeDropped({ dropped }: Inspection, { dim, yellow }: Colours): string[] {
  return dropReasons.flatMap((reason) => {
    const entry = dropped[reason];
    if (entry === undefined) return [];
    return [
      `        ${yellow(`${formatCount(entry.count)} ${reason}`)} ${dim(`(${reasonMeanings[reason]})`)} ${rowsOf(entry)}`,
    ];
  });
}

function lengthTable({ prompt, responses }: SideLengths, kind: Inspection['kind'], { dim }: Colours): string[] {
  const names = responseNames(kind, responses.length);
  const sides = [['prompt', prompt] as const, ...responses.map((side, i) => [names[i] ?? '', side] as const)];
  const columns = ['min', 'median', 'p90', 'p99', 'max', 'mean'] as const;
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(12)}${cells.map((cell) => cell.padStart(9)).join('')}`;
  const values = (side: LengthSummary): string[] => columns.map((column) => formatCount(side[column]));
  return [
    dim(line('', columns)),
    ...sides.flatMap(([name, side]) => (side === undefined ? [] : [line(name, values(side))])),
  ];
}

function describeCuts({ truncated }: Inspection, maxLength: number, { green, yellow }: Colours): string[] {
  if (truncated === undefined) return [];
  const { rows, prompts, responses } = truncated;
  if (rows === 0) return [green(`nothing is cut at ${formatCount(maxLength)} tokens`)];
  const parts = `prompts in ${formatShare(prompts)}, responses in ${formatShare(responses)}`;
  return [yellow(`cut at ${formatCount(maxLength)} tokens: ${formatShare(rows)} of the usable rows (${parts})`)];
}

/** Things that are not faults but that a person should know before training. */
function describeFindings(
  found: Inspection,
  quality: readonly string[] | undefined,
  { dim, yellow }: Colours,
): string[] {
  const count = (name: string, what: Found | undefined, meaning: string): string[] => {
    if (what === undefined || (what.count === 0 && name !== 'duplicates')) return [];
    const number = what.count === 0 ? '0' : yellow(formatCount(what.count));
    return [`${dim(name.padEnd(16))}${number} ${what.count === 0 ? '' : `${dim(meaning)} ${rowsOf(what)}`}`.trimEnd()];
  };
  const unspaced = count('no space', found.unspaced, 'prompts run into their response without a space');
  if (quality !== undefined) return [...quality, ...unspaced];
  const lines = [
    ...count('duplicates', found.duplicates, 'rows repeat an earlier one'),
    ...count('contradictions', found.contradictions, 'pairs stand earlier the other way round'),
    ...unspaced,
    ...count('special tokens', found.specialTokens, 'rows spell a special token in their text'),
  ];
  if (found.longerChosen !== undefined) {
    const share = formatShare(found.longerChosen);
    const biased = Math.abs(found.longerChosen - 0.5) > 0.15;
    const meaning = biased ? 'the model may learn length instead of quality' : 'of the pairs; 50% is no bias';
    lines.push(`${dim('longer chosen'.padEnd(16))}${biased ? yellow(share) : share} ${dim(meaning)}`);
  }
  return lines;
}

function describeProblems({ problems }: Inspection, { yellow }: Colours): string[] {
  return problems.flatMap(({ message, hint }) => ['', `${yellow('!')} ${printable(message)}`, `  ${printable(hint)}`]);
}

/** A row as the model sees it; every response with its prompt, which is shown once when all share it. */
export function describeExample(
  example: Example,
  kind: Inspection['kind'],
  colours: Colours = withoutColours,
): string[] {
  const { bold } = colours;
  const names = responseNames(kind, example.responses.length);
  const lines = [bold(`row ${example.row}`)];
  for (const [i, pieces] of example.responses.entries()) {
    lines.push(
      colours.cyan(`${names[i] ?? ''}:`),
      ...pieces
        .map((piece) => paint(piece, colours))
        .join('')
        .split('\n'),
    );
  }
  return lines;
}

function paint({ text, role }: Piece, { dim, green, red, strike }: Colours): string {
  const safe = printable(text);
  if (role === 'prompt') return dim(safe);
  return role === 'trained' ? green(safe) : red(strike(safe));
}

function responseNames(kind: Inspection['kind'], count: number): readonly string[] {
  if (kind === 'preference') return ['chosen', 'rejected'];
  if (kind === 'ranked') return ['best', 'second'];
  return count <= 1 ? ['response'] : Array.from({ length: count }, (_, i) => `response ${i + 1}`);
}

function rowsOf({ count, firstRows }: Found): string {
  return `row${count === 1 ? '' : 's'} ${firstRows.join(', ')}${count > firstRows.length ? ', …' : ''}`;
}
