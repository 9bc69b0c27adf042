import { mean } from '../../statistics/moments.js';
import { numberOf, readLogs } from '../../training/report/run-records.js';
import { runFolder } from '../../training/run-folder.js';

/** What training took. */
export interface Cost {
  readonly updates: number;
  /** Of the updates. */
  readonly seconds: number;
  readonly tokens: number;
  readonly peakBytes: number;
  /** Null where runs do not count them. */
  readonly flops: number | null;
}

const nothing: Cost = { updates: 0, seconds: 0, tokens: 0, peakBytes: 0, flops: 0 };

/** What the updates of a run took so far, by its own logs. */
export function costOf(output: string): Cost {
  const { timing, metrics } = readLogs(runFolder(output));
  const steps = metrics.filter(({ type }) => type === 'step');
  const sum = (records: typeof timing, key: string): number =>
    records.reduce((total, record) => total + numberOf(record, key), 0);
  const flops = [sum(timing, 'flops'), sum(steps, 'flops')].find(Number.isFinite);
  return {
    updates: steps.length,
    seconds: sum(timing, 'seconds'),
    tokens: sum(timing, 'tokens'),
    peakBytes: timing.reduce((most, record) => Math.max(most, numberOf(record, 'peakBytes')), 0),
    flops: flops ?? null,
  };
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
