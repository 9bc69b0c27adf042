import { basename } from 'node:path';
import { formatCount, formatNumber } from '../../text/format.js';
import type {
  Comparison,
  ContestReport,
  CostReport,
  Estimate,
  JudgeReport,
  RowSource,
  SystemReport,
} from './comparison.js';

/** How `a` fared against `b`, whichever of the two the contest calls first. */
export interface Standing {
  readonly contest: ContestReport;
  /** Share of prompts that `a` wins, ties by half, with Wilson's interval. */
  readonly rate: Estimate;
  /** Share at equal lengths. */
  readonly lengthControlled: Estimate | undefined;
  readonly wins: number;
  readonly losses: number;
}

/** What is known of `a` against `b`; undefined where they were not judged. */
export function standing({ contests }: Comparison, a: string, b: string): Standing | undefined {
  const contest = contests.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
  if (contest === undefined) return undefined;
  const { winRate, lengthControlled: controlled } = contest;
  const rate = { ...winRate.discreteWinRate, n: winRate.n };
  const equal = controlled && { ...controlled.winRate, n: controlled.n };
  if (contest.a === a) {
    return { contest, rate, lengthControlled: equal, wins: winRate.wins, losses: winRate.losses };
  }
  const other = equal && turned(equal);
  return { contest, rate: turned(rate), lengthControlled: other, wins: winRate.losses, losses: winRate.wins };
}

function turned({ value, low, high, n }: Estimate): Estimate {
  return {
    value: 1 - value,
    ...(high !== undefined && { low: 1 - high }),
    ...(low !== undefined && { high: 1 - low }),
    n,
  };
}

/** The system that others are held against: the first. */
export function baseOf({ systems }: Comparison): SystemReport | undefined {
  return systems.find(({ base }) => base) ?? systems[0];
}

/** 54.1–70.2%, or −0.2 to 0.3; empty where there is no interval. */
export function interval({ low, high }: Pick<Estimate, 'low' | 'high'>, format: (value: number) => string): string {
  if (low === undefined || high === undefined || !Number.isFinite(low) || !Number.isFinite(high)) return '';
  const [from, to] = [minus(format(low)), minus(format(high))];
  // a dash beside a minus would be read as one
  return low >= 0 ? `${from.replace(/%$/, '')}–${to}` : `${from} to ${to}`;
}

/** Three digits are as many as the figures of a comparison are good for. */
export function short(value: number | undefined): string {
  return minus(formatNumber(value, 3));
}

/** A number with the sign that is as wide as a digit. */
export function minus(number: string): string {
  return number.replace(/^-/, '−');
}

/** A probability: .013 as 0.013, very small ones as bounds. */
export function probability(p: number): string {
  if (Number.isNaN(p)) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(p < 0.1 ? 3 : 2);
}

/** What a system is, such as `orpo run, LoRA adapter`. */
export function systemWords({ kind, method, adapter }: SystemReport): string {
  if (kind === 'answers') return 'answers from a file';
  if (kind === 'model') return 'model';
  return `${method === undefined ? '' : `${method} `}run${adapter === true ? ', adapter' : ''}`;
}

/** What was judged by whom. */
export function judgeWords({ words, judged, failed, kind }: JudgeReport): string {
  const by = kind === 'human' ? 'People judged' : `${words.charAt(0).toUpperCase()}${words.slice(1)} judged`;
  const lost = failed === 0 ? '' : `, and failed on ${formatCount(failed)}`;
  return `${by} ${formatCount(judged)} pairs of answers${lost}.`;
}

/** 120 rows, 3 left out: 2 empty, 1 too long. */
export function sourceWords({ n, dropped }: RowSource): string {
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0);
  const lost = reasons.reduce((sum, [, count]) => sum + count, 0);
  const why = reasons.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ');
  return `${formatCount(n)} ${n === 1 ? 'row' : 'rows'}${lost === 0 ? '' : `, ${formatCount(lost)} left out: ${why}`}`;
}

/** Which systems stand on runs before their own, whose cost is in theirs. */
export function costWords(systems: readonly SystemReport[]): string | undefined {
  const told = systems.flatMap(({ name, cost }) =>
    cost?.runs === undefined ? [] : [`${name}: ${cost.runs.map((run) => basename(run)).join(', ')}`],
  );
  return told.length === 0 ? undefined : `With the runs that each stands on. ${told.join('; ')}.`;
}

/** The measures of cost that a comparison knows, as columns of a table. */
export const costColumns: readonly {
  readonly key: Exclude<keyof CostReport, 'runs'>;
  readonly name: string;
  readonly unit: 'count' | 'seconds' | 'bytes';
}[] = [
  { key: 'steps', name: 'updates', unit: 'count' },
  { key: 'seconds', name: 'time', unit: 'seconds' },
  { key: 'flops', name: 'FLOPs', unit: 'count' },
  { key: 'tokens', name: 'tokens', unit: 'count' },
  { key: 'forwards', name: 'forward passes', unit: 'count' },
  { key: 'peakBytes', name: 'peak memory', unit: 'bytes' },
  { key: 'diskBytes', name: 'on disk', unit: 'bytes' },
];
