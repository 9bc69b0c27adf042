import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { readJson } from '../files/json-file.js';
import { readJsonlLog } from '../files/jsonl-log.js';
import { metricKeys, numberOf, readLogs } from '../training/report/run-records.js';
import { runFolder } from '../training/run-folder.js';
import type { PolicyMeasure } from './compare-policies.js';
import type { StagedConfig } from './config.js';
import type { StagedRecipe } from './parse-recipe.js';
import type { RecipeFolder } from './recipe-folder.js';
import type { Stage, TrainStage } from './stage.js';

type Metrics = Readonly<Record<string, number>>;

/** What became of one stage. */
export interface StageSummary {
  readonly stage: string;
  readonly folder: string;
  readonly method: string;
  /** Examples trained on, or rows read. */
  readonly rows: number;
  /** Records that came of them, where the stage makes data. */
  readonly records?: number;
  readonly updates?: number;
  /** Held-out metrics before the first and after the last update. */
  readonly before?: Metrics;
  readonly after?: Metrics;
  /** Wall time of all processes, but for what a killed one had done since it began. */
  readonly seconds: number;
  /** Most bytes of tensors. */
  readonly peakBytes: number;
}

/** What came of a recipe. */
export interface RecipeSummary {
  readonly recipe: StagedConfig['recipe'];
  readonly stages: readonly StageSummary[];
  /** The start, the outcome and what stands beside it, measured alike; only where something stands beside. */
  readonly comparison?: readonly PolicyMeasure[];
  /** What was trained last for good, within the folder; with an adapter, its base is `base`. */
  readonly model?: string;
  readonly adapter?: string;
  readonly base?: string;
}

const timed = z.object({ stage: z.string(), seconds: z.number(), peakBytes: z.number() });
const counted = z.object({ rows: z.number(), records: z.number().optional(), pairs: z.number().optional() });
const trainedOn = z.object({ train: z.number() });
const done = z.object({ steps: z.number() });

/** Sums up the folders of finished stages. */
export function summarise(
  { config, stages }: StagedRecipe,
  folder: RecipeFolder,
  comparison: readonly PolicyMeasure[],
): RecipeSummary {
  const timing = existsSync(folder.timing) ? [...readJsonlLog(folder.timing)].map((line) => timed.parse(line)) : [];
  return {
    recipe: config.recipe,
    stages: stages.map((stage) => {
      const own = timing.filter((line) => line.stage === stage.name);
      return {
        stage: stage.name,
        folder: stage.folder,
        ...(stage.kind === 'train' ? ofRun(stage) : ofData(stage)),
        seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
        peakBytes: own.reduce((most, { peakBytes }) => Math.max(most, peakBytes), 0),
      };
    }),
    ...(comparison.length === 0 ? {} : { comparison }),
    ...product(stages, folder),
  };
}

function ofRun({ config }: TrainStage) {
  const folder = runFolder(config.output);
  const evaluations = readLogs(folder).metrics.filter(({ type }) => type === 'eval');
  const metricsOf = (record: Readonly<Record<string, unknown>> | undefined): Metrics =>
    Object.fromEntries(
      [...metricKeys(record === undefined ? [] : [record])].map((key) => [key, numberOf(record, key)]),
    );
  return {
    method: config.method,
    rows: trainedOn.parse(readJson(folder.data)).train,
    updates: done.parse(readJson(folder.result)).steps,
    ...(evaluations.length === 0 ? {} : { before: metricsOf(evaluations[0]), after: metricsOf(evaluations.at(-1)) }),
  };
}

function ofData(stage: Exclude<Stage, TrainStage>) {
  const { rows, records, pairs } = counted.parse(readJson(join(stage.config.output, 'result.json')));
  return {
    method: stage.kind === 'feedback' ? stage.config.task : 'generate',
    rows,
    records: records ?? pairs ?? 0,
  };
}

/** Where what the recipe is for lies: the last run that is no comparison. */
function product(stages: readonly Stage[], folder: RecipeFolder): Pick<RecipeSummary, 'model' | 'adapter' | 'base'> {
  const last = stages.findLast((stage): stage is TrainStage => stage.kind === 'train' && !stage.beside);
  if (last === undefined) return {};
  const within = (path: string): string => relative(folder.path, path);
  const run = runFolder(last.config.output);
  if (last.config.adapter === undefined) return { model: within(run.model) };
  const own = stages.some((stage) => stage.kind === 'train' && stage.merged === last.config.model);
  return { adapter: within(run.adapter), base: own ? within(resolve(last.config.model)) : last.config.model };
}
