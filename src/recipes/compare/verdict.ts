import { formatNumber, formatShare } from '../../text/format.js';
import type { AgainstBase } from './against-base.js';
import { isShare, type Measure } from './measures.js';

/** What a verdict is made of. */
export interface Evidence {
  readonly base: string;
  readonly select: Measure;
  readonly seeds: number;
  readonly pairs: number;
  /** Whether something came of the base. */
  readonly baseStands: boolean;
  readonly against: readonly AgainstBase[];
  /** Methods of which every setting diverged. */
  readonly diverged: readonly string[];
  /** Settings tried, by method. */
  readonly trials: ReadonlyMap<string, number>;
}

/** Whether all methods were searched alike. */
export function equalTrials(trials: ReadonlyMap<string, number>): boolean {
  return new Set(trials.values()).size === 1;
}

/** What the test part says, in a sentence or a few; also when that is nothing. */
export function verdictOf(evidence: Evidence): string {
  return [conclusion(evidence), ...reservations(evidence)].join(' ');
}

function conclusion({ base, select, seeds, pairs, baseStands, against }: Evidence): string {
  const ground = `${pairs} test ${pairs === 1 ? 'pair' : 'pairs'} and ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`;
  if (!baseStands) return `Nothing can be concluded: every setting of ${base}, the base, diverged.`;
  const decided = against.filter(({ outcome }) => outcome !== 'open');
  const open = against.filter(({ outcome }) => outcome === 'open').map(({ entry }) => entry);
  if (decided.length === 0)
    return seeds === 1
      ? `Nothing can be concluded about the methods: with a single seed it is not known how much the outcome of training anew would differ (${ground}).`
      : `Nothing can be concluded: no method differs from ${base} in ${select} by more than chance explains (${ground}; both tests, over seeds and over pairs, corrected by Holm's rule).`;
  const told = decided.map(({ entry, outcome, bySeed }) => {
    const { value, low, high } = bySeed.difference;
    const written = (size: number): string => shown(select, size);
    return `${entry} is ${outcome} than ${base} by ${written(Math.abs(value))} (95% interval of the difference ${written(low)} to ${written(high)}, corrected p ${formatNumber(bySeed.corrected, 2)})`;
  });
  const rest = open.length === 0 ? '' : ` ${list(open)} cannot be told from ${base}.`;
  return `In ${select} on ${ground}: ${told.join('; ')}.${rest}`;
}

function reservations({ seeds, trials, diverged, against }: Evidence): string[] {
  const counts = [...trials].map(([entry, count]) => `${entry} ${count}`).join(', ');
  const decided = against.filter(({ outcome }) => outcome !== 'open').length;
  return [
    ...(equalTrials(trials) ? [] : [`The search was not equal: settings tried were ${counts}.`]),
    ...(seeds === 2 ? ['Two seeds give wide intervals.'] : []),
    ...(diverged.length === 0 ? [] : [`Every setting of ${list(diverged)} diverged.`]),
    ...(decided > 1 ? ['Methods were tested against the base, not against one another.'] : []),
  ];
}

/** A measure, or a difference of two, as people read it. */
export function shown(select: Measure, value: number): string {
  return isShare(select) ? formatShare(value) : formatNumber(value);
}

function list(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
