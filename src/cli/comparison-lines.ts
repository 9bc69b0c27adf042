import type { Comparison } from '../evaluation/comparison/comparison.js';
import { baseOf, interval, probability, short, standing } from '../evaluation/comparison/words.js';
import { formatCount, formatDuration, formatShare, formatShort, printable } from '../text/format.js';
import type { Colours } from './colours.js';
import { cutTo } from './cut-to.js';

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
}

const NAME = 24;

/** A comparison as lines for people: a table of what is known of each system, and the verdict with what limits it. */
export function comparisonLines(comparison: Comparison, { bold, dim, yellow }: Colours): string[] {
  const { verdict, missing } = comparison;
  const base = comparison.contests.length === 0 ? undefined : baseOf(comparison)?.name;
  const tables = [
    { title: base === undefined ? '' : `against ${base}`, columns: contestColumns(comparison) },
    { title: 'answers', columns: answerColumns(comparison) },
    { title: 'held-out pairs', columns: pairColumns(comparison) },
    { title: 'training', columns: costColumns(comparison) },
  ];
  return [
    ...tables.flatMap(({ title, columns }) =>
      columns.length === 0 ? [] : ['', ...table(comparison, title, columns, dim)],
    ),
    '',
    bold(printable(verdict.sentence)),
    ...verdict.caveats.map((sentence) => dim(printable(sentence))),
    ...missing.map((sentence) => yellow(`missing: ${printable(sentence)}`)),
  ];
}

function table({ systems }: Comparison, title: string, columns: readonly Column[], dim: Colours['dim']): string[] {
  const names = systems.map(({ name }) => cutTo(printable(name), NAME));
  const head = cutTo(printable(title), NAME);
  const first = Math.max(head.length, ...names.map(({ length }) => length));
  const widths = columns.map(({ head, cells }) => Math.max(head.length, ...cells.map(({ length }) => length)));
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(first)}  ${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [
    dim(
      line(
        head,
        columns.map(({ head }) => head),
      ),
    ),
    ...names.map((name, at) =>
      line(
        name,
        columns.map(({ cells }) => cells[at] ?? ''),
      ),
    ),
  ];
}

/** Win rates against the base, and rewards. */
function contestColumns(comparison: Comparison): Column[] {
  const { systems, rewards, contests } = comparison;
  const base = baseOf(comparison);
  const rates = systems.map(({ name }) => (base === undefined ? undefined : standing(comparison, name, base.name)));
  const means = systems.map(({ name }) => rewards?.systems.find(({ system }) => system === name));
  return [
    ...(contests.length === 0
      ? []
      : [
          { head: 'win rate', cells: rates.map((of) => formatShare(of?.rate.value)) },
          { head: '95%', cells: rates.map((of) => (of === undefined ? '' : interval(of.rate, formatShare))) },
          { head: 'n', cells: rates.map((of) => (of === undefined ? '' : formatCount(of.rate.n))) },
        ]),
    ...(rewards === undefined
      ? []
      : [
          { head: 'reward', cells: means.map((one) => short(one?.mean)) },
          { head: 'prompts', cells: means.map((one) => (one === undefined ? '' : formatCount(one.n))) },
        ]),
  ];
}

/** What answers look like, to be seen beside what is said of them. */
function answerColumns({ systems }: Comparison): Column[] {
  const shapes = systems.map(({ diversity }) => diversity?.shape);
  if (shapes.every((shape) => shape === undefined)) return [];
  return [
    { head: 'words', cells: shapes.map((shape) => short(shape?.words.value)) },
    { head: 'repeated', cells: shapes.map((shape) => formatShare(shape?.repetition.value)) },
    { head: 'empty', cells: shapes.map((shape) => formatShare(shape?.empty.value)) },
    { head: 'cut off', cells: shapes.map((shape) => formatShare(shape?.cut.value)) },
    { head: 'n', cells: systems.map(({ answers }) => formatCount(answers)) },
  ];
}

function pairColumns({ systems }: Comparison): Column[] {
  const all = systems.map(({ preference }) => preference);
  if (all.every((one) => one === undefined)) return [];
  const p = all.map((one) => one?.against?.accuracy.mcnemar);
  return [
    { head: 'accuracy', cells: all.map((one) => formatShare(one?.accuracy.mean.value)) },
    { head: '95%', cells: all.map((one) => (one === undefined ? '' : interval(one.accuracy.mean, formatShare))) },
    { head: 'pairs', cells: all.map((one) => (one === undefined ? '' : formatCount(one.n))) },
    { head: 'p', cells: p.map((one) => (one === undefined ? '' : probability(one))) },
    { head: 'margin', cells: all.map((one) => short(one?.margin.mean.value)) },
    { head: 'perplexity', cells: all.map((one) => short(one?.perplexity.chosen.value)) },
  ];
}

function costColumns({ systems }: Comparison): Column[] {
  const costs = systems.map(({ cost }) => cost);
  if (costs.every((cost) => cost === undefined)) return [];
  const column = (head: string, cells: readonly string[]): Column[] =>
    cells.every((cell) => cell === '–') ? [] : [{ head, cells }];
  return [
    ...column(
      'time',
      costs.map((cost) => (cost?.seconds === undefined ? '–' : formatDuration(cost.seconds))),
    ),
    ...column(
      'FLOPs',
      costs.map((cost) => (cost?.flops === undefined ? '–' : formatShort(cost.flops))),
    ),
    ...column(
      'tokens',
      costs.map((cost) => (cost?.tokens === undefined ? '–' : formatShort(cost.tokens))),
    ),
  ];
}
