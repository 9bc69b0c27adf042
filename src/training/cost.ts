import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Work, WorkCount } from '../nn/work.js';

/** What was computed, as files keep it. */
export const workSchema = z.object({ flops: z.number(), forwards: z.number(), tokens: z.number() });

/** What was computed, and how long it took. */
export const effortSchema = workSchema.extend({ seconds: z.number() });
export type Effort = z.output<typeof effortSchema>;

export const NO_EFFORT: Effort = { flops: 0, forwards: 0, tokens: 0, seconds: 0 };

export function addEffort(a: Effort, b: Effort): Effort {
  return {
    flops: a.flops + b.flops,
    forwards: a.forwards + b.forwards,
    tokens: a.tokens + b.tokens,
    seconds: a.seconds + b.seconds,
  };
}

/** What a whole run cost, over all processes that worked on it. */
export interface Cost {
  /** Of the updates: policy, reference, critic, rewards and sampling. `tokens` are those learnt from, a shared prompt once. */
  readonly updates: Effort;
  /** Of the evaluations and the answers shown to people, apart. */
  readonly evaluations: Effort;
  /** Of the log-probs computed before the first update; as when they were computed, where they came from the cache. */
  readonly reference?: Effort;
  /** Most bytes of tensors, evaluations included. */
  readonly peakBytes: number;
  /** Bytes on the disk: what was trained, and the whole folder but its card and report. */
  readonly modelBytes: number;
  readonly diskBytes: number;
}

/** Runs `body` and says what it computed. */
export async function measured<T>(
  work: WorkCount,
  body: () => Promise<T>,
): Promise<{ readonly result: T; readonly effort: Effort }> {
  const before: Work = work.done;
  const begun = performance.now();
  const result = await body();
  return { result, effort: { ...work.since(before), seconds: (performance.now() - begun) / 1000 } };
}

/** Bytes of all files below a folder. */
export function folderBytes(path: string): number {
  return readdirSync(path, { withFileTypes: true, recursive: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
