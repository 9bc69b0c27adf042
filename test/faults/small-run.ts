import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../../src/files/manifest.js';
import type { RunConfigInput } from '../../src/training/config.js';

const tinyModel = fileURLToPath(new URL('../fixtures/golden/models/llama', import.meta.url));

/** A folder that is removed when the body ends. */
export async function inTemporaryFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-run-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pairs that all differ, so that a wrong order of rows shows in the weights. */
export function writePairs(path: string, count: number): void {
  const rows = Array.from({ length: count }, (_, i) => ({
    prompt: `Question ${i}: what follows ${i * 7}?`,
    chosen: `After ${i * 7} comes ${i * 7 + 1}.`,
    rejected: `Well, ${'it may be '.repeat(1 + (i % 4))}${i}, who knows.`,
  }));
  writeRows(path, rows);
}

/** A row a line. */
export function writeRows(path: string, rows: readonly object[]): void {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

export interface SmallRun {
  /** A tiny random one when absent. */
  readonly model?: string | undefined;
  readonly adapter?: boolean;
  /** Of the adapter; default 4. */
  readonly rank?: number;
  readonly accumulate?: boolean;
  readonly stream?: boolean;
  readonly maxSteps?: number;
  readonly checkpointEvery?: number;
}

/** A run of a few seconds on a tiny model that crosses an epoch's border: 22 pairs, 4 an update. */
export function smallConfig(folder: string, name: string, kind: SmallRun = {}): RunConfigInput {
  const data = join(folder, 'pairs.jsonl');
  writePairs(data, 22);
  const heldOut = join(folder, 'held-out.jsonl');
  if (kind.stream === true) writePairs(heldOut, 2);
  return {
    method: 'orpo',
    model: kind.model ?? tinyModel,
    ...(kind.adapter === true ? { adapter: { rank: kind.rank ?? 4, alpha: 8, dropout: 0.2 } } : {}),
    data: {
      train: data,
      maxLength: 128,
      ...(kind.stream === true ? { eval: heldOut, stream: true } : { eval: '10%' }),
    },
    objective: { lambda: 0.5 },
    training: {
      epochs: 1000,
      maxSteps: kind.maxSteps ?? 12,
      batch: 4,
      microTokens: kind.accumulate === true ? 64 : 4096,
      learningRate: 1e-3,
      evaluateEvery: 4,
      samples: 2,
      sampleTokens: 12,
      checkpointEvery: kind.checkpointEvery ?? 2,
      keepCheckpoints: 2,
      precision: 'fp32',
      seed: 7,
    },
    output: join(folder, name),
  };
}

export type OnlineKind = Pick<RunConfigInput, 'method'> & { readonly objective?: object; readonly rollout?: object };

/** A run of a few seconds that samples: 3 prompts an update, 2 responses each, evaluated at the start and at the end. */
export function smallOnlineConfig(folder: string, name: string, kind: OnlineKind, adapter = false): object {
  const { training, ...small } = smallConfig(folder, name, { accumulate: true, maxSteps: 4 });
  // one held-out prompt, and 3 prompts in each of the updates
  writePairs(join(folder, 'pairs.jsonl'), 23);
  return {
    ...small,
    objective: {},
    ...(adapter ? { adapter: { rank: 4, alpha: 8 } } : {}),
    training: { ...training, batch: 3, learningRate: 3e-3, evaluateEvery: 0, checkpointEvery: 1 },
    ...kind,
    ...(kind.method === 'reward' ? {} : { rollout: { responses: 2, maxTokens: 7, missingEnd: 0.25, ...kind.rollout } }),
  };
}

/** Writes the configuration of a small run beside its data; returns the file's path. */
export function writeSmallConfig(folder: string, name: string, kind: SmallRun = {}): string {
  const path = join(folder, `${basename(name)}.json`);
  writeFileSync(path, JSON.stringify(smallConfig(folder, name, kind)));
  return path;
}

/** Hashes of all that must not depend on interruptions: what was trained, the last checkpoint, metrics, samples, rollouts. */
export function fingerprint(run: string): Record<string, string> {
  const hashes: Record<string, string> = {};
  const visit = (relative: string): void => {
    for (const entry of readdirSync(join(run, relative), { withFileTypes: true })) {
      const path = join(relative, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.safetensors$|(metrics|samples|rollouts)\.jsonl$/.test(entry.name))
        hashes[path] = hashFile(join(run, path)).sha256;
    }
  };
  visit('.');
  return hashes;
}

/** What a killed process left half written. */
export function leftovers(run: string): string[] {
  return readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(staging|replaced)-/.test(path));
}

export function readLines(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
