import { existsSync } from 'node:fs';
import type { DataReport } from '../../data/dataset.js';
import { readJsonlLog } from '../../files/jsonl-log.js';
import type { RunConfig } from '../config.js';
import type { Cost } from '../cost.js';
import type { RunFolder } from '../run-folder.js';

export type LogRecord = Readonly<Record<string, unknown>>;

/** What a run folder holds, as its report reads it. */
export interface RunRecords {
  readonly config: RunConfig;
  /** Precision of matrix products that the configuration came to. */
  readonly precision: string;
  readonly data: DataReport;
  readonly metrics: readonly LogRecord[];
  readonly timing: readonly LogRecord[];
  readonly samples: readonly LogRecord[];
  /** Of a finished run. */
  readonly cost?: Cost | undefined;
}

/** The records of a run's logs; a log that is not there has none. */
export function readLogs(folder: RunFolder): Pick<RunRecords, 'metrics' | 'timing' | 'samples'> {
  const read = (path: string): LogRecord[] => (existsSync(path) ? [...readJsonlLog(path)] : []);
  return { metrics: read(folder.metrics), timing: read(folder.timing), samples: read(folder.samples) };
}

/** Fields of a record that are no metrics. */
const OTHER_FIELDS = new Set(['type', 'files', 'step', 'epoch', 'nonFinite', 'flops', 'forwards', 'tokens']);

/** Names of all metrics in some records, in the order they turn up. */
export function metricKeys(records: readonly LogRecord[]): Set<string> {
  return new Set(records.flatMap(Object.keys).filter((key) => !OTHER_FIELDS.has(key)));
}

/** What records said last of each metric, those of evaluations with `eval_` before their names. */
export function lastMetrics(records: readonly LogRecord[]): Record<string, number> {
  const last: Record<string, number> = {};
  for (const record of records)
    for (const key of metricKeys([record])) {
      const value = record[key];
      if (typeof value === 'number') last[record.type === 'eval' ? `eval_${key}` : key] = value;
    }
  return last;
}

/** A field that should be a number; NaN when it is missing, or was not finite and so became null. */
export function numberOf(record: LogRecord | undefined, key: string): number {
  const value = record?.[key];
  return typeof value === 'number' ? value : Number.NaN;
}

/** A field that should be text; empty when it is not. */
export function textOf(record: LogRecord, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : '';
}
