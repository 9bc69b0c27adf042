import { extname } from 'node:path';
import { evalSource } from '../data/config.js';
import { openSource } from '../data/sources/open-source.js';
import { readPromptRows } from '../feedback/read-prompts.js';
import type { RunConfig } from '../training/config.js';
import { judgeOf, requireModule } from './planned-judge.js';
import { type Stage, startOf } from './stage.js';

/** What a stage will do, before it does. */
export interface PlannedStage {
  readonly stage: string;
  readonly folder: string;
  /** A training method, or the task of judging. */
  readonly method: string;
  /** What it starts from. */
  readonly from: string;
  /** What it reads. */
  readonly data: readonly string[];
  /** Rows of that at most; absent where an earlier stage writes them. */
  readonly rows?: number;
  /** Updates at most; absent where they depend on rows that are not there yet. */
  readonly updates?: number;
  /** `method` of what judges; of a method that samples, what rewards. */
  readonly judge?: string;
}

/**
 * What each stage will do. Every file that no stage writes is opened and its rows counted, so that a wrong path is met now.
 *
 * @param isDone what is done needs its files no more
 * @throws OrpoError `file` or `data` for a file that cannot be read
 */
export async function planStages(
  stages: readonly Stage[],
  isDone: (stage: Stage) => boolean = () => false,
): Promise<PlannedStage[]> {
  const made = stages.map(({ config }) => config.output);
  const isMade = (path: string): boolean => made.some((folder) => path.startsWith(folder));
  const counts = new Map<string, number>();
  const count = async (path: string): Promise<number> => {
    const rows = counts.get(path) ?? (await countRows(path));
    counts.set(path, rows);
    return rows;
  };
  const planned: PlannedStage[] = [];
  for (const stage of stages) {
    const data = filesOf(stage);
    const held = heldOutFile(stage);
    const done = isDone(stage);
    if (held !== undefined && !isMade(held) && !done) await count(held);
    const limit = stage.kind === 'train' ? undefined : stage.config.limit;
    const known = !done && !data.some(isMade);
    const rows = known ? Math.min(await total(data, count), limit ?? Number.POSITIVE_INFINITY) : undefined;
    const updates = stage.kind === 'train' ? updatesOf(stage.config, rows) : undefined;
    const judge = judgeOf(stage);
    if (!done) requireModule(judge);
    planned.push({
      stage: stage.name,
      folder: stage.folder,
      method: stage.kind === 'train' ? stage.config.method : stage.kind === 'answers' ? 'generate' : stage.config.task,
      from: startOf(stage),
      data,
      ...(rows === undefined ? {} : { rows }),
      ...(updates === undefined ? {} : { updates }),
      ...(judge === undefined ? {} : { judge: judge.name }),
    });
  }
  return planned;
}

function filesOf(stage: Stage): readonly string[] {
  if (stage.kind === 'answers') return [stage.config.data];
  if (stage.kind === 'feedback') return [stage.config.prompts ?? stage.config.data ?? ''];
  const { train } = stage.config.data;
  return typeof train === 'string' ? [train] : train;
}

function heldOutFile(stage: Stage): string | undefined {
  if (stage.kind === 'feedback') return undefined;
  const source = evalSource(stage.kind === 'train' ? stage.config.data.eval : stage.config.eval);
  return source !== undefined && 'file' in source ? source.file : undefined;
}

async function total(paths: readonly string[], count: (path: string) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const path of paths) sum += await count(path);
  return sum;
}

async function countRows(path: string): Promise<number> {
  const rows =
    extname(path).toLowerCase() === '.txt'
      ? readPromptRows(path, { onMalformed: 'drop' })
      : (await openSource(path)).rows;
  let count = 0;
  for await (const _ of rows) count++;
  return count;
}

/** As many as its rows give, were none of them dropped. */
function updatesOf({ data, training }: RunConfig, rows: number | undefined): number | undefined {
  const { epochs, batch, maxSteps } = training;
  if (rows === undefined) return maxSteps;
  const source = evalSource(data.eval);
  const trained = source !== undefined && 'share' in source ? rows - Math.round(rows * source.share) : rows;
  return Math.min(Math.max(1, Math.round(epochs * Math.ceil(trained / batch))), maxSteps ?? Number.POSITIVE_INFINITY);
}
