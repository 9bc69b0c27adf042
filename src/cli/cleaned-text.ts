import { dropReasons, reasonMeanings } from '../data/accounting.js';
import type { Cleaned } from '../data/filters/clean-file.js';
import type { Portrait } from '../data/filters/portrait.js';
import { formatCount, formatShare, printable } from '../text/format.js';
import type { Colours } from './colours.js';

/** What filters made of a file, before and after, as lines for people. */
export function describeCleaned(cleaned: Cleaned, { bold, dim, green, yellow }: Colours): string[] {
  const { path, rows, used, dropped, filtered, written } = cleaned;
  const lines = [
    `${bold('filtered')}  ${printable(path)}: ${formatCount(rows)} rows, ${green(formatCount(used))} left`,
  ];
  for (const reason of dropReasons) {
    const entry = dropped[reason];
    if (entry === undefined) continue;
    const first = `${entry.firstRows.join(', ')}${entry.count > entry.firstRows.length ? ', …' : ''}`;
    lines.push(
      `  ${yellow(`${formatCount(entry.count)} ${reason}`)} ${dim(`(${reasonMeanings[reason]})`)} row${entry.count === 1 ? '' : 's'} ${first}`,
    );
  }
  lines.push(dim(`${''.padEnd(28)}${'before'.padStart(10)}${'after'.padStart(10)}`));
  for (const [name, figure] of figures) {
    const cells = [figure(filtered.before), figure(filtered.after)];
    if (cells.some((cell) => cell !== undefined)) {
      lines.push(`${name.padEnd(28)}${cells.map((cell) => (cell ?? '–').padStart(10)).join('')}`);
    }
  }
  if (written) {
    lines.push(`written: ${printable(written.kept)} (${formatCount(used)} rows)`);
    lines.push(`         ${printable(written.dropped)} (${formatCount(rows - used)} rows, each with its reason)`);
  }
  return lines;
}

const counted = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : formatCount(value);

const figures: readonly (readonly [string, (portrait: Portrait) => string | undefined])[] = [
  ['readable rows', ({ rows }) => counted(rows)],
  ['prompt, median characters', ({ promptCharacters }) => counted(promptCharacters)],
  ['response, median characters', ({ responseCharacters }) => counted(responseCharacters)],
  ['longer chosen', ({ longerChosen }) => (longerChosen === undefined ? undefined : formatShare(longerChosen))],
];
