import type { Comparison } from '../evaluation/comparison/comparison.js';
import { type FigureCell, type FigureRow, figureRows } from '../evaluation/comparison/figure-table.js';
import { formatCount, formatNumber, formatShare, printable } from '../text/format.js';
import { cutTo } from './cut-to.js';
import type { Output } from './output.js';

const LABEL = 24;
const LEAST = 18;

/** A comparison for people: the figures of all systems side by side, who is preferred to whom, and the verdict. */
export function comparisonLines(
  comparison: Comparison,
  { width, colours }: Pick<Output, 'width' | 'colours'>,
): string[] {
  const { systems, verdict, missing, judge } = comparison;
  const rows = figureRows(comparison).filter(({ main }) => main);
  const together = Math.max(1, Math.floor((width - LABEL) / (LEAST + 2)));
  const blocks = Array.from({ length: Math.ceil(systems.length / together) }, (_, block) => {
    const columns = systems.map((_system, at) => at).slice(block * together, (block + 1) * together);
    return [
      ...tableOf(
        rows,
        systems.map(({ name }) => name),
        columns,
        colours,
      ),
      '',
    ];
  });
  return [
    ...blocks.flat(),
    ...duels(comparison, colours),
    ...(judge === undefined
      ? []
      : [
          colours.dim(
            `judge: ${printable(judge.words)}; ${formatCount(judge.judged)} pairs${judge.failed > 0 ? `, ${formatCount(judge.failed)} failed` : ''}`,
          ),
        ]),
    ...missing.map((what) => colours.dim(`· ${printable(what)}`)),
    ...verdict.caveats.map((what) => colours.dim(`· ${printable(what)}`)),
    ...(systems.length > 1 ? ['', colours.bold(printable(verdict.sentence))] : []),
  ];
}

function tableOf(
  rows: readonly FigureRow[],
  names: readonly string[],
  columns: readonly number[],
  colours: Output['colours'],
): string[] {
  const widths = columns.map((at) =>
    Math.max(
      LEAST,
      ...rows.map(({ cells }) => Math.max(shownValue(cells[at]).length, cells[at]?.interval?.length ?? 0)),
    ),
  );
  const across = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(widths[i] ?? LEAST)).join('  ');
  const lines = [
    colours.bold(`${''.padEnd(LABEL)}${across(columns.map((at, i) => cutTo(names[at] ?? '', widths[i] ?? LEAST)))}`),
  ];
  let group = '';
  for (const row of rows) {
    const cells = columns.map((at) => row.cells[at]);
    if (cells.every((cell) => cell === undefined)) continue;
    if (row.group !== group) lines.push(colours.dim(row.group));
    group = row.group;
    lines.push(`  ${row.label.padEnd(LABEL - 2)}${across(cells.map(shownValue))}`);
    if (cells.some((cell) => cell?.interval !== undefined))
      lines.push(colours.dim(`${''.padEnd(LABEL)}${across(cells.map((cell) => cell?.interval ?? ''))}`));
  }
  return lines;
}

/** Nothing is shown without how many values it stands for. */
function shownValue(cell: FigureCell | undefined): string {
  if (cell === undefined) return '–';
  return cell.n === undefined ? cell.value : `${cell.value} n ${formatCount(cell.n)}`;
}

/** Every contest that the table does not show against the base. */
function duels({ contests, systems }: Comparison, colours: Output['colours']): string[] {
  const others = contests.filter(({ b }) => b !== systems[0]?.name);
  if (others.length === 0) return [];
  return [
    colours.dim('preferred'),
    ...others.map(
      ({ a, b, winRate: { discreteWinRate: rate, n, p } }) =>
        `  ${a} over ${b}: ${formatShare(rate.value)} (${formatShare(rate.low)} to ${formatShare(rate.high)}), n ${formatCount(n)}, p ${formatNumber(p, 2)}`,
    ),
    '',
  ];
}
