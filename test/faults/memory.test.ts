import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isBuilt } from './command-line.js';
import { inTemporaryFolder, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

const STEPS = Number(process.env.ORPO_STEPS ?? 120);
/** Steps from which on a run's resident size can be told from the warming up of Node. */
const LONG = 2000;
const MOST_BYTES_A_STEP = 1024;
const probe = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));

const sample = z.object({
  step: z.number(),
  handles: z.number(),
  bytes: z.number(),
  rss: z.number().optional(),
  heap: z.number().optional(),
});
type Sample = z.output<typeof sample>;

/** Trains in a process of its own; what is in its memory after each update. */
async function watchMemory(config: string, every: number): Promise<Sample[]> {
  // new objects get little room: left alone, V8 widens and narrows it by many megabytes, which hides a slope
  const flags = ['--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, probe, config, String(every)], {
    maxBuffer: 2 ** 28,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => sample.parse(JSON.parse(line)));
}

/** Bytes a step: the median of the slopes of all pairs of samples (Theil and Sen), which a few jumps do not move. */
function robustSlope(samples: readonly Sample[], bytes: (sample: Sample) => number | undefined): number {
  const points = samples.flatMap((sample) => {
    const y = bytes(sample);
    return y === undefined ? [] : [{ x: sample.step, y }];
  });
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
      // half of them are for Node to warm up: its compiled code alone grows by 400 KB
      const settled = samples.filter(({ step }) => step > STEPS / 2);
      const resident = robustSlope(settled, ({ rss }) => rss);
      const held = robustSlope(settled, ({ heap }) => heap);
      console.log(`${what}: ${resident.toFixed(0)} resident bytes and ${held.toFixed(0)} bytes of JavaScript a step`);
      expect(resident).toBeLessThan(MOST_BYTES_A_STEP);
      expect(held).toBeLessThan(MOST_BYTES_A_STEP);
    }),
  );
});
