import { mean } from '../../statistics/moments.js';
import { type LogRecord, numberOf, readLogs } from '../../training/report/run-records.js';
import { runFolder } from '../../training/run-folder.js';

/** What training took. */
export interface Cost {
  readonly updates: number;
  /** Of the updates. */
  readonly seconds: number;
  readonly tokens: number;
  readonly peakBytes: number;
  /** Of all matrix products; null where a run's records lack them. */
  readonly flops: number | null;
}

const nothing: Cost = { updates: 0, seconds: 0, tokens: 0, peakBytes: 0, flops: 0 };

/** What the updates of a run took so far by its own logs, a reference computed beforehand among it, evaluations not. */
export function costOf(output: string): Cost {
  const { timing, metrics } = readLogs(runFolder(output));
  const steps = metrics.filter(({ type }) => type === 'step');
  const timed = timing.filter(({ type }) => type !== 'eval');
  const updates = timed.filter(({ type }) => type !== 'reference');
  const flops = sum([...steps, ...metrics.filter(({ type }) => type === 'reference')], 'flops');
  return {
    updates: steps.length,
    seconds: sum(timed, 'seconds'),
    tokens: sum(updates, 'tokens'),
    peakBytes: updates.reduce((most, record) => Math.max(most, numberOf(record, 'peakBytes')), 0),
    flops: Number.isFinite(flops) ? flops : null,
  };
}

function sum(records: readonly LogRecord[], key: string): number {
  return records.reduce((total, record) => total + numberOf(record, key), 0);
}

/** Runs one after another: sums, and the largest peak. */
export function together(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (all, one) => ({
      updates: all.updates + one.updates,
      seconds: all.seconds + one.seconds,
      tokens: all.tokens + one.tokens,
      peakBytes: Math.max(all.peakBytes, one.peakBytes),
      flops: all.flops === null || one.flops === null ? null : all.flops + one.flops,
    }),
    nothing,
  );
}

/** The mean of several runs, and the largest peak. */
export function onAverage(costs: readonly Cost[]): Cost {
  const of = (key: 'updates' | 'seconds' | 'tokens'): number => mean(costs.map((cost) => cost[key]));
  const { flops, peakBytes } = together(costs);
  return {
    updates: of('updates'),
    seconds: of('seconds'),
    tokens: of('tokens'),
    peakBytes,
    flops: flops === null ? null : flops / costs.length,
  };
}
