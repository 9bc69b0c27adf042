import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OrpoError } from '../errors.js';
import { removeFolder, stageFolder, sweepStaging, verifyFolder } from '../files/atomic.js';
import { readJson, writeJson } from '../files/json-file.js';
import { readSafetensors, type TensorBytes, writeSafetensors } from '../files/safetensors.js';
import type { AdamW } from '../nn/adamw.js';
import type { Parameter } from '../nn/parameter.js';
import { MappedFile, scope, type Tensor, toBytes } from '../torch/index.js';
import { NO_TOTALS, totalsSchema } from './tally.js';

const progressSchema = totalsSchema.extend({
  /** Updates done. Data order, dropout and schedule are functions of the seed and this number. */
  step: z.int().min(0),
  /** Bytes of metrics.jsonl, timing.jsonl and samples.jsonl that belong to those updates. */
  metricsBytes: z.int().min(0),
  timingBytes: z.int().min(0),
  samplesBytes: z.int().min(0),
  /** What the objective remembers of the updates done. */
  memory: z.array(z.number()).readonly(),
  /** The evaluation at this step was not finished. */
  evaluationDue: z.boolean().default(false),
});
const configSchema = z.record(z.string(), z.unknown());

export type Progress = z.output<typeof progressSchema>;

/** Where a run begins. */
export function atStart(memory: readonly number[]): Progress {
  return {
    step: 0,
    metricsBytes: 0,
    timingBytes: 0,
    samplesBytes: 0,
    ...NO_TOTALS,
    memory,
    evaluationDue: true,
  };
}

/**
 * Saves all a run needs to go on: masters, optimiser, progress, and the configuration they came from. Whole or not at all.
 * Returns the folder.
 */
export function saveCheckpoint(
  parent: string,
  keepNewest: number,
  trained: readonly Parameter[],
  optimiser: AdamW,
  progress: Progress,
  config: object,
): string {
  const path = join(parent, `step-${progress.step}`);
  stageFolder(
    path,
    (staging) => {
      writeSafetensors(
        join(staging, 'weights.safetensors'),
        trained.map((parameter) => tensorBytes(parameter.name, parameter.shape, () => parameter.wide())),
      );
      writeSafetensors(
        join(staging, 'optimiser.safetensors'),
        [...optimiser.state()].map(([name, tensor]) => tensorBytes(name, tensor.shape, () => tensor)),
      );
      writeJson(join(staging, 'progress.json'), progress);
      writeJson(join(staging, 'config.json'), config);
    },
    { step: progress.step },
  );
  pruneCheckpoints(parent, keepNewest);
  return path;
}

/** Removes all but the newest checkpoints. */
export function pruneCheckpoints(parent: string, keepNewest: number): void {
  for (const { path } of listCheckpoints(parent).slice(0, -keepNewest)) removeFolder(path);
}

function tensorBytes(name: string, shape: readonly number[], tensor: () => Tensor): TensorBytes {
  return { name, dtype: 'F32', shape, bytes: () => scope(() => toBytes(tensor())) };
}

/** Checkpoints of a run, oldest first; what a killed save left behind is removed. */
export function listCheckpoints(parent: string): { readonly step: number; readonly path: string }[] {
  if (!existsSync(parent)) return [];
  sweepStaging(parent);
  return readdirSync(parent)
    .flatMap((name) => {
      const step = /^step-(\d+)$/.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path: join(parent, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/**
 * Puts a checkpoint's weights and optimiser state in place, after `check` has seen the configuration it was saved under.
 *
 * @throws OrpoError `run` when its manifest does not verify or a part is missing
 */
export function loadCheckpoint(
  path: string,
  trained: readonly Parameter[],
  optimiser: AdamW,
  check: (config: Readonly<Record<string, unknown>>) => void,
): Progress {
  verifyFolder(path);
  check(configSchema.parse(readJson(join(path, 'config.json'))));
  const progress = progressSchema.parse(readJson(join(path, 'progress.json')));
  putWeights(path, trained);
  scope(() => {
    const state = readTensors(join(path, 'optimiser.safetensors'));
    for (const name of optimiser.state().keys()) if (!state.has(name)) throw lacking(path, name);
    optimiser.restore(state, progress.step);
  });
  return progress;
}

/**
 * Puts a checkpoint's weights in place, without what else it takes to train on.
 *
 * @throws OrpoError `run` when its manifest does not verify or a weight is missing
 */
export function restoreWeights(path: string, trained: readonly Parameter[]): void {
  verifyFolder(path);
  putWeights(path, trained);
}

function putWeights(path: string, trained: readonly Parameter[]): void {
  scope(() => {
    const weights = readTensors(join(path, 'weights.safetensors'));
    for (const parameter of trained) {
      const saved = weights.get(parameter.name);
      if (saved === undefined) throw lacking(path, parameter.name);
      parameter.restore(saved);
    }
  });
}

function lacking(path: string, name: string): OrpoError {
  return new OrpoError('run', `${path} lacks "${name}".`, 'It belongs to another model or adapter; start a new run.');
}

function readTensors(path: string): Map<string, Tensor> {
  const { tensors } = readSafetensors(path);
  const file = new MappedFile(path);
  try {
    return new Map([...tensors].map(([name, { offset, shape }]) => [name, file.tensor(offset, shape, 'float32')]));
  } finally {
    file.dispose();
  }
}
