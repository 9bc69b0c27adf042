import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
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

/** How recipes call a model that is merged with its adapter, after the run. */
const MERGED = '-merged';

const asked = z.looseObject({ model: z.string().optional() }).optional();
const sources = z.looseObject({ model: z.string(), reward: asked, judge: asked });
const effort = z.looseObject({ flops: z.number(), forwards: z.number() });
const outcome = z.looseObject({
  steps: z.number(),
  seconds: z.number(),
  tokens: z.number(),
  peakBytes: z.number(),
  cost: z.looseObject({ updates: effort, reference: effort.optional(), peakBytes: z.number() }).optional(),
});

/**
 * What a finished run took, as far as its files say it, and with it the runs it stands on: whose model it began at, and
 * whose reward model it asked.
 */
export function costReport(path: string): CostReport {
  const own = ownCost(path);
  const runs = standsOn(path, new Set()).slice(0, -1);
  if (runs.length === 0) return own;
  const all = [...runs.map(ownCost), own];
  const sum = (key: 'steps' | 'seconds' | 'tokens' | 'flops' | 'forwards') => {
    const values = all.map((cost) => cost[key] ?? Number.NaN);
    const total = values.reduce((one, other) => one + other, 0);
    return Number.isNaN(total) ? {} : { [key]: total };
  };
  const peaks = all.flatMap(({ peakBytes }) => peakBytes ?? []);
  return {
    ...sum('steps'),
    ...sum('seconds'),
    ...sum('tokens'),
    ...sum('flops'),
    ...sum('forwards'),
    ...(peaks.length > 0 && { peakBytes: Math.max(...peaks) }),
    ...(own.diskBytes !== undefined && { diskBytes: own.diskBytes }),
    runs,
  };
}

/** Folders of the finished runs that a run stands on and its own at the end, each once and after those it stands on itself. */
function standsOn(path: string, seen: Set<string>): string[] {
  seen.add(resolve(path));
  const { config } = runFolder(path);
  const found = sources.safeParse(existsSync(config) ? readJson(config) : undefined);
  const models = found.success ? [found.data.model, found.data.reward?.model, found.data.judge?.model] : [];
  const before = models.flatMap((model) => {
    const run = model === undefined ? undefined : runOf(model);
    return run === undefined || seen.has(run) ? [] : standsOn(run, seen);
  });
  return [...before, path];
}

/** The finished run that a model came out of, as it is or merged with its adapter by a recipe. */
function runOf(model: string): string | undefined {
  const path = resolve(model);
  const run = path.endsWith(MERGED) ? path.slice(0, -MERGED.length) : dirname(path);
  const made = path.endsWith(MERGED) || basename(path) === basename(runFolder(run).model);
  return made && existsSync(runFolder(run).result) ? run : undefined;
}

function ownCost(path: string): CostReport {
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
