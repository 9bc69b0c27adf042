import type { Interval } from '../../statistics/interval.js';
import { formatBytes, formatCount, formatDuration, formatFlops, formatNumber } from '../../text/format.js';
import type { CorrectedTest } from './against-base.js';
import { isShare, type Measure } from './measures.js';
import type { ComparisonSummary, MethodOutcome } from './summary.js';
import { shown } from './verdict.js';

/** A table of texts, for a card and for a page. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The best of each method, on the part that selected it and on the test part. */
export function outcomeTable({ methods, select, base, start }: ComparisonSummary): TextTable {
  return {
    head: [
      'method',
      'from',
      'settings tried',
      'best',
      'validation',
      'test',
      'test margin',
      `test − ${base}`,
      'p seeds',
      'p pairs',
      'outcome',
    ],
    rows: [
      ['no training', '', '', '', '', shown(select, start[select]), formatNumber(start.margin), '', '', '', ''],
      ...methods.map(({ entry, from, trials, best, against }) => [
        entry,
        from,
        String(trials),
        best === undefined ? 'all diverged' : pointWords(best.point),
        best === undefined ? '–' : intervalWords(select, best.validation),
        best === undefined ? '–' : intervalWords(select, best.test),
        best === undefined ? '–' : formatNumber(best.measures.margin),
        against === undefined ? '' : intervalWords(select, against.bySeed.difference),
        against === undefined ? '' : pWords(against.bySeed),
        against === undefined ? '' : pWords(against.byPair),
        against === undefined ? (entry === base ? 'base' : '') : outcomeWords[against.outcome],
      ]),
    ],
  };
}

/** What the best of each method took, and what its search took. */
export function costTable({ methods }: ComparisonSummary): TextTable {
  return {
    head: ['method', 'updates', 'time', 'tokens', 'memory', 'FLOPs', 'time of the search', 'FLOPs of the search'],
    rows: methods.map(({ entry, best, search }) => [
      entry,
      ...(best === undefined
        ? ['–', '–', '–', '–', '–']
        : [
            formatCount(best.cost.updates),
            formatDuration(best.cost.seconds),
            formatCount(best.cost.tokens),
            formatBytes(best.cost.peakBytes),
            flopWords(best.cost.flops),
          ]),
      formatDuration(search.seconds),
      flopWords(search.flops),
    ]),
  };
}

/** How the validation measure moves along one thing that was searched. */
export function sensitivityTable({ sensitivity }: MethodOutcome, select: Measure): TextTable {
  return {
    head: ['searched', 'value', 'mean of all', 'best', 'diverged'],
    rows: sensitivity.flatMap(({ key, values }) =>
      values.map(({ value, mean, best, points, diverged }) => [
        key,
        String(value),
        shown(select, mean),
        shown(select, best),
        diverged === 0 ? '' : `${diverged} of ${points}`,
      ]),
    ),
  };
}

const outcomeWords = { better: 'better', worse: 'worse', open: 'open' } as const;

export function pointWords({ learningRate, strength }: { learningRate: number; strength: object }): string {
  return [`learningRate ${learningRate}`, ...Object.entries(strength).map(([key, value]) => `${key} ${value}`)].join(
    ', ',
  );
}

/** A number with the ends of its interval; with a single seed there are none, and seeds that agree to the digit tell none. */
export function intervalWords(select: Measure, { value, low, high }: Interval): string {
  if (Number.isNaN(low)) return shown(select, value);
  if (low === high) return `${shown(select, value)} (no spread)`;
  const ends = isShare(select)
    ? `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`
    : `${formatNumber(low)} to ${formatNumber(high)}`;
  return `${shown(select, value)} (${ends})`;
}

function pWords({ p, corrected }: CorrectedTest): string {
  return Number.isNaN(p) ? 'none' : `${formatNumber(corrected, 2)}`;
}

function flopWords(flops: number | null): string {
  return flops === null ? '–' : formatFlops(flops);
}
