import { t95 } from '../../statistics/student-t.js';
import { formatBytes, formatCount, formatDuration, formatNumber, formatShare, formatShort } from '../../text/format.js';
import type { MeanFigure } from '../diversity/figure.js';
import type { Comparison, Estimate, SystemReport } from './comparison.js';

/** A figure of one system as text: its value, its interval, and how many values it stands for. */
export interface FigureCell {
  readonly value: string;
  readonly interval?: string;
  readonly n?: number;
}

/** One figure of all systems, in their order; undefined where a system has none. */
export interface FigureRow {
  readonly group: string;
  readonly label: string;
  readonly cells: readonly (FigureCell | undefined)[];
}

type Cell = FigureCell | undefined;
type Format = (value: number | undefined) => string;

/** All figures of a comparison as text, the same for a terminal and a page of text; rows that no system has are left out. */
export function figureRows(comparison: Comparison): FigureRow[] {
  const rows: FigureRow[] = [];
  const { systems } = comparison;
  const [base] = systems;
  const group = (name: string) => {
    return (label: string, cell: (system: SystemReport) => Cell): void => {
      const cells = systems.map(cell);
      if (cells.some((one) => one !== undefined)) rows.push({ group: name, label, cells });
    };
  };
  const preference = group('held-out pairs');
  preference('accuracy', ({ preference: own }) => share(own?.accuracy.mean));
  preference('margin a token', ({ preference: own }) => number(own?.margin.mean));
  preference('accuracy by sums', ({ preference: own }) => share(own?.accuracy.sum));
  preference('margin of sums', ({ preference: own }) => number(own?.margin.sum));
  preference('margin of log-odds', ({ preference: own }) => number(own?.margin.odds));
  preference('log-prob of chosen', ({ preference: own }) => number(own?.logProb.chosen));
  preference('log-prob of rejected', ({ preference: own }) => number(own?.logProb.rejected));
  preference('perplexity of chosen', ({ preference: own }) => number(own?.perplexity.chosen));
  preference('perplexity of rejected', ({ preference: own }) => number(own?.perplexity.rejected));

  const judged = group('answers judged');
  const duel = (name: string) => comparison.contests.find(({ a, b }) => a === name && b === base?.name);
  judged('preferred to the base', ({ name }) => {
    const rate = duel(name)?.winRate;
    return rate && share({ ...rate.discreteWinRate, n: rate.n });
  });
  judged('mean score to the base', ({ name }) => {
    const rate = duel(name)?.winRate;
    return rate && share({ ...rate.winRate, n: rate.n });
  });
  judged('at equal length', ({ name }) => {
    const controlled = duel(name)?.lengthControlled;
    return controlled && share({ ...controlled.winRate, n: controlled.n });
  });
  judged('strength', ({ name }) => {
    const own = comparison.strengths?.systems.find(({ system }) => system === name);
    return own && number({ ...own.score, n: own.n });
  });
  const rewards = group('rewards');
  const rewardOf = (name: string) => comparison.rewards?.systems.find(({ system }) => system === name);
  rewards('mean', ({ name }) => {
    const own = rewardOf(name);
    return own && number(meanWithReach(own.mean, own.sd, own.n));
  });
  rewards('median', ({ name }) => {
    const own = rewardOf(name);
    return own && { value: formatNumber(own.quantiles['0.5']), n: own.n };
  });
  rewards("d of Cohen's", ({ name }) => {
    const own = rewardOf(name);
    return own?.against && { value: formatNumber(own.against.cohensD, 3), n: own.n };
  });
  rewards('higher than the base', ({ name }) => {
    const own = rewardOf(name);
    return own?.against && share({ ...own.against.higher, n: own.n });
  });
  rewards("under the base's 5%", ({ name }) => {
    const own = rewardOf(name);
    return own?.against?.lowTail && share({ ...own.against.lowTail, n: own.n });
  });

  const shape = group('answers');
  shape('words', ({ diversity }) => mean(diversity?.shape.words, formatNumber));
  shape('tokens', ({ tokens }) => mean(tokens, formatNumber));
  shape('repetition', ({ diversity }) => mean(diversity?.shape.repetition, formatShare));
  shape('empty', ({ diversity }) => plain(diversity?.shape.empty, formatShare));
  shape('cut at the limit', ({ diversity }) => plain(diversity?.shape.cut, formatShare));
  const diversity = group('diversity');
  diversity('distinct n-grams', ({ diversity: own }) => plain(own?.acrossInputs.distinct, formatNumber));
  diversity('adjusted for length', ({ diversity: own }) => plain(own?.acrossInputs.expectedDistinct, formatNumber));
  diversity('self-BLEU', ({ diversity: own }) => plain(own?.acrossInputs.selfBleu, formatNumber));
  diversity('MTLD', ({ diversity: own }) => mean(own?.mtld, formatNumber));
  diversity('similarity across', ({ diversity: own }) => plain(own?.acrossInputs.similarity, formatNumber));
  diversity('similarity per prompt', ({ diversity: own }) => mean(own?.perInput.similarity, formatNumber));

  const cost = group('training');
  const counted = (value: number | undefined, format: Format): Cell =>
    value === undefined ? undefined : { value: format(value) };
  cost('updates', ({ cost: own }) => counted(own?.steps, (value) => formatCount(value ?? 0)));
  cost('time', ({ cost: own }) => counted(own?.seconds, (value) => formatDuration(value ?? 0)));
  cost('FLOPs', ({ cost: own }) => counted(own?.flops, (value) => (value ?? 0).toExponential(2)));
  cost('forwards', ({ cost: own }) => counted(own?.forwards, (value) => formatShort(value ?? 0)));
  cost('tokens', ({ cost: own }) => counted(own?.tokens, (value) => formatShort(value ?? 0)));
  cost('peak memory', ({ cost: own }) => counted(own?.peakBytes, (value) => formatBytes(value ?? 0)));
  cost('on the disk', ({ cost: own }) => counted(own?.diskBytes, (value) => formatBytes(value ?? 0)));
  return rows;
}

function cellOf({ value, low, high, n }: Estimate, format: Format): FigureCell {
  const interval = low === undefined ? {} : { interval: `${format(low)} to ${format(high)}` };
  return { value: format(value), ...interval, n };
}

function share(figure: Estimate | undefined): Cell {
  return figure && cellOf(figure, formatShare);
}

function number(figure: Estimate | undefined): Cell {
  return figure && cellOf(figure, (value) => formatNumber(value));
}

function mean(figure: MeanFigure | undefined, format: Format): Cell {
  if (figure?.value === undefined) return undefined;
  const found = meanWithReach(figure.value, figure.deviation, figure.n);
  const { low, high } = found;
  // no interval of a mean of shares leaves what shares can be
  const within = format === formatShare && low !== undefined && high !== undefined;
  return cellOf(within ? { ...found, low: Math.max(0, low), high: Math.min(1, high) } : found, format);
}

function plain(figure: { readonly value: number | undefined; readonly n: number } | undefined, format: Format): Cell {
  return figure?.value === undefined ? undefined : { value: format(figure.value), n: figure.n };
}

/** A mean with Student's interval. */
function meanWithReach(value: number, deviation: number | undefined, n: number): Estimate {
  const reach = n < 2 || deviation === undefined ? Number.NaN : (t95(n - 1) * deviation) / Math.sqrt(n);
  return Number.isNaN(reach) ? { value, n } : { value, low: value - reach, high: value + reach, n };
}
