import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from './parse-json.js';

/** Where a demo run goes, and whether one is to be gone on with there. */
export interface DemoFolder {
  readonly path: string;
  /** The model of the interrupted run that lies there; undefined for a new run. */
  readonly resume: string | undefined;
}

export interface DemoWishes {
  readonly model?: string | undefined;
  readonly steps?: number | undefined;
}

const saved = z.looseObject({
  model: z.string(),
  training: z.looseObject({ maxSteps: z.number().optional() }),
});

/**
 * The first of `base`, `base-2`, `base-3`, … that is free, or that holds an interrupted run which is not at odds with the
 * wishes: another model or another number of updates begins a new run.
 */
export function demoFolder(base: string, wishes: DemoWishes = {}): DemoFolder {
  for (let number = 1; ; number++) {
    const path = number === 1 ? base : `${base}-${number}`;
    if (!existsSync(path)) return { path, resume: undefined };
    if (existsSync(join(path, 'result.json'))) continue;
    const resume = interruptedModel(path, wishes);
    if (resume !== undefined) return { path, resume };
  }
}

function interruptedModel(path: string, { model, steps }: DemoWishes): string | undefined {
  const config = join(path, 'config.json');
  if (!existsSync(config)) return undefined;
  const parsed = saved.safeParse(parseJson(readFileSync(config, 'utf8')));
  if (!parsed.success) return undefined;
  if (model !== undefined && model !== parsed.data.model) return undefined;
  if (steps !== undefined && steps !== parsed.data.training.maxSteps) return undefined;
  return parsed.data.model;
}
