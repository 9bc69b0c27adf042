import { existsSync } from 'node:fs';
import { z } from 'zod';
import { thinOut } from '../../drawing/curve-points.js';
import { readJson } from '../../files/json-file.js';
import { folderBytes } from '../../training/cost.js';
import { type LogRecord, metricKeys, numberOf, readLogs } from '../../training/report/run-records.js';
import { runFolder } from '../../training/run-folder.js';
import type { CostReport, TrainingCurve, TrainingReport } from './comparison.js';

/** Points of a curve that a chart can show. */
const POINTS = 120;

/** Curves that people look at first. */
const FIRST = ['logps/chosen', 'logps/rejected', 'loss', 'rewards/accuracies', 'rewards/margins'];

const effort = z.looseObject({ flops: z.number(), forwards: z.number() });
const outcome = z.looseObject({
  steps: z.number(),
  seconds: z.number(),
  tokens: z.number(),
  peakBytes: z.number(),
  cost: z.looseObject({ updates: effort, reference: effort.optional(), peakBytes: z.number() }).optional(),
});

/** What a finished run took, as far as its files say it. */
export function costReport(path: string): CostReport {
  const folder = runFolder(path);
  const found = outcome.safeParse(existsSync(folder.result) ? readJson(folder.result) : undefined);
  const product = existsSync(folder.adapter) ? folder.adapter : folder.model;
  const diskBytes = existsSync(product) ? { diskBytes: folderBytes(product) } : {};
  if (!found.success) return diskBytes;
  const { steps, seconds, tokens, peakBytes, cost } = found.data;
  const shared = { steps, seconds, tokens, peakBytes, ...diskBytes };
  if (cost === undefined) return shared;
  const { updates, reference } = cost;
  return {
    ...shared,
    peakBytes: cost.peakBytes,
    flops: updates.flops + (reference?.flops ?? 0),
    forwards: updates.forwards + (reference?.forwards ?? 0),
  };
}

/** A run's metrics over its updates; undefined where it has none. */
export function trainingReport(path: string): TrainingReport | undefined {
  const { metrics } = readLogs(runFolder(path));
  const steps = metrics.filter(({ type }) => type === 'step');
  const evals = metrics.filter(({ type }) => type === 'eval');
  if (steps.length === 0) return undefined;
  const keys = [...metricKeys(metrics)].sort((a, b) => rank(a) - rank(b));
  const curves = keys.flatMap((metric): TrainingCurve[] => {
    const updates = pointsOf(steps, metric);
    const heldOut = pointsOf(evals, metric);
    return updates.length + heldOut.length === 0 ? [] : [{ metric, updates, heldOut }];
  });
  return { steps: steps.length, curves };
}

function pointsOf(records: readonly LogRecord[], metric: string): TrainingCurve['updates'] {
  const points = records.map((record) => ({ x: numberOf(record, 'step'), y: numberOf(record, metric) }));
  return thinOut(
    points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)),
    POINTS,
  );
}

function rank(metric: string): number {
  const at = FIRST.indexOf(metric);
  return at < 0 ? FIRST.length : at;
}
