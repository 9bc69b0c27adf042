import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isBuilt } from './command-line.js';
import { inTemporaryFolder, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

const STEPS = Number(process.env.ORPO_STEPS ?? 300);
/** Steps from which on a run's resident size can be told from the warming up of Node. */
const LONG = 2000;
const MOST_BYTES_A_STEP = 1024;
const probe = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));

const sample = z.object({
  step: z.number(),
  rss: z.number(),
  handles: z.number(),
  bytes: z.number(),
  heap: z.number().optional(),
});
type Sample = z.output<typeof sample>;

/** Trains in a process of its own; what is in its memory after each update. */
async function watchMemory(config: string, every: number): Promise<Sample[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', probe, config, String(every)], {
    maxBuffer: 2 ** 28,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => sample.parse(JSON.parse(line)));
}

/** Median of the slopes of all pairs of points (Theil and Sen), which a few jumps do not move. */
function robustSlope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => (b.y - a.y) / (b.x - a.x)));
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN;
}

describe.runIf(isBuilt).each([
  { what: 'all weights', adapter: false },
  { what: 'LoRA with dropout', adapter: true },
])('memory, $what', ({ what, adapter }) => {
  it(`is the same after each of ${STEPS} steps`, { timeout: 1_800_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const kind = { model: stories, adapter, accumulate: true, maxSteps: STEPS, checkpointEvery: 50 };
      const samples = await watchMemory(writeSmallConfig(folder, 'run', kind), 20);
      expect(samples).toHaveLength(STEPS);
      expect(new Set(samples.map(({ handles }) => handles)).size).toBe(1);
      expect(new Set(samples.map(({ bytes }) => bytes)).size).toBe(1);
      if (STEPS < LONG) return;
      // half of it for Node to warm up: its compiled code alone grows by 400 KB
      const settled = samples.filter(({ step }) => step > STEPS / 2);
      const resident = robustSlope(settled.filter((_, i) => i % 10 === 0).map(({ step: x, rss: y }) => ({ x, y })));
      const held = robustSlope(settled.flatMap(({ step: x, heap: y }) => (y === undefined ? [] : [{ x, y }])));
      console.log(`${what}: ${resident.toFixed(0)} resident bytes and ${held.toFixed(0)} bytes of JavaScript a step`);
      expect(resident).toBeLessThan(MOST_BYTES_A_STEP);
      expect(held).toBeLessThan(MOST_BYTES_A_STEP);
    }),
  );
});
