import { dropReasons, reasonMeanings } from '../data/accounting.js';
import type { Cleaned } from '../data/filters/clean-file.js';
import { compared } from '../data/filters/filtered.js';
import { formatCount, printable } from '../text/format.js';
import type { Colours } from './colours.js';

const NAMES = 34;

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
  lines.push(dim(`${''.padEnd(NAMES)}${'before'.padStart(10)}${'after'.padStart(10)}`));
  for (const { name, before, after } of compared(filtered)) {
    lines.push(`${name.padEnd(NAMES)}${before.padStart(10)}${after.padStart(10)}`);
  }
  if (written) {
    lines.push(`written: ${printable(written.kept)} (${formatCount(used)} rows)`);
    lines.push(`         ${printable(written.dropped)} (${formatCount(rows - used)} rows, each with its reason)`);
  }
  return lines;
}
