import type { Comparison } from '../evaluation/comparison/comparison.js';
import { type FigureCell, figureRows } from '../evaluation/comparison/figure-table.js';
import { formatCount, printable } from '../text/format.js';
import type { Colours } from './colours.js';
import { cutTo } from './cut-to.js';

const LABEL = 24;
const LEAST = 18;

/** All figures of one system, one under another, beside those of its reference where it has one, each with its interval and n. */
export function evaluationLines({ systems, judge, missing, verdict, ...rest }: Comparison, colours: Colours): string[] {
  const { bold, dim, yellow } = colours;
  const rows = figureRows({ systems, missing, verdict, ...rest });
  const widths = systems.map(({ name }, at) =>
    rows.reduce(
      (width, { cells }) => Math.max(width, shown(cells[at]).length, cells[at]?.interval?.length ?? 0),
      Math.max(LEAST, Math.min(name.length, LEAST)),
    ),
  );
  const across = (cells: readonly string[]): string =>
    cells.map((cell, at) => cell.padStart(widths[at] ?? LEAST)).join('  ');
  const lines = [bold(`${''.padEnd(LABEL)}${across(systems.map(({ name }, at) => cutTo(name, widths[at] ?? LEAST)))}`)];
  let group = '';
  for (const row of rows) {
    if (row.group !== group) lines.push(dim(row.group));
    group = row.group;
    lines.push(`  ${row.label.padEnd(LABEL - 2)}${across(row.cells.map(shown))}`);
    if (row.cells.some((cell) => cell?.interval !== undefined))
      lines.push(dim(`${''.padEnd(LABEL)}${across(row.cells.map((cell) => cell?.interval ?? ''))}`));
  }
  return [
    ...lines,
    '',
    ...(judge === undefined ? [] : [dim(`judge: ${printable(judge.words)}`)]),
    ...(systems.length > 1 ? [bold(printable(verdict.sentence))] : []),
    ...verdict.caveats.map((sentence) => dim(printable(sentence))),
    ...missing.map((sentence) => yellow(`missing: ${printable(sentence)}`)),
  ];
}

/** Nothing is shown without how many values it stands for. */
function shown(cell: FigureCell | undefined): string {
  if (cell === undefined) return '–';
  return cell.n === undefined ? cell.value : `${cell.value} n ${formatCount(cell.n)}`;
}
