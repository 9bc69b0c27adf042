import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashFile } from '../../src/files/manifest.js';
import { memory } from '../../src/torch/index.js';
import type { TrainEvent } from '../../src/training/events.js';
import { train } from '../../src/training/train.js';
import { inTemporaryFolder, smallConfig } from '../faults/small-run.js';

interface Line {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

async function eventsOf(folder: string, name: string, adapter: boolean, profile: boolean): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(smallConfig(folder, name, { adapter, maxSteps: 5 }), { profile })) events.push(event);
  return events;
}

describe.each([
  { what: 'all weights', adapter: false, file: 'model/model.safetensors' },
  { what: 'an adapter', adapter: true, file: 'adapter/adapter_model.safetensors' },
])('a profiled run of $what', ({ adapter, file }) => {
  it('computes what the run computes, and says where its time went', async () => {
    await inTemporaryFolder(async (folder) => {
      const before = memory();
      const plain = await eventsOf(folder, 'plain', adapter, false);
      const events = await eventsOf(folder, 'profiled', adapter, true);
      expect(memory().handles).toBe(before.handles);
      expect(plain.some(({ type }) => type === 'profile')).toBe(false);

      const result = events.at(-1);
      const profile = events.at(-2);
      if (result?.type !== 'result' || profile?.type !== 'profile') throw new Error('the profile comes before the end');
      const [a, b] = await Promise.all(
        ['plain', 'profiled'].map((name) => hashFile(join(result.run, '..', name, file))),
      );
      expect(b).toEqual(a);
      const metricsOf = (name: string) => readFileSync(join(result.run, '..', name, 'metrics.jsonl'), 'utf8');
      expect(metricsOf('profiled')).toBe(metricsOf('plain'));

      const { summary } = profile;
      expect(JSON.parse(readFileSync(join(profile.path, 'summary.json'), 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(summary)),
      );
      expect(summary.updates.count).toBe(4);
      expect(summary.updates.usefulFlops).toBeGreaterThan(0);
      expect(summary.updates.limitShare).toBeGreaterThan(0);
      expect(summary.updates.limitShare).toBeLessThan(1);
      // a product of [m, k] and [k, n] in float32 moves 4 (mk + kn + mn) bytes for its 2mkn operations
      const products = summary.operators.filter(({ flops }) => flops > 0);
      expect(products.length).toBeGreaterThan(0);
      for (const { bytes, flops } of products) expect(bytes).toBeGreaterThan(flops / 1000);
      expect(summary.updates.bytes).toBe(summary.operators.reduce((sum, { bytes }) => sum + bytes, 0));
      const floors = summary.floors.map(({ floor }) => floor);
      for (const floor of ['embedding', 'norm', 'attention', 'mlp', 'head', 'loss', 'optimiser', 'gradients', 'data'])
        expect(floors).toContain(floor);
      expect(summary.floors.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(summary.floors.find(({ floor }) => floor === 'mlp')?.backward).toBeGreaterThan(0);
      const phases = summary.phases.map(({ phase }) => phase);
      for (const phase of ['load', 'update', 'first update', 'evaluation', 'samples', 'checkpoint', 'save', 'idle'])
        expect(phases).toContain(phase);
      expect(summary.phases.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(summary.seconds, 6);
      requireNested(profile.trace);
    });
  });
});

/** Perfetto draws events of a thread in one another by their times: each must end before what holds it. */
function requireNested(path: string): void {
  const { traceEvents }: { traceEvents: Line[] } = JSON.parse(readFileSync(path, 'utf8'));
  const open: number[] = [];
  let counted = 0;
  for (const { ph, ts, dur } of traceEvents) {
    if (ph !== 'X') continue;
    counted++;
    const end = ts + dur;
    for (let last = open.at(-1); last !== undefined && last <= ts + 1e-6; last = open.at(-1)) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) expect(end).toBeLessThanOrEqual(outer + 1e-3);
    open.push(end);
  }
  expect(counted).toBeGreaterThan(100);
}
