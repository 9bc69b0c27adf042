import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectData } from '../src/cli/inspect-data.js';
import type { InspectFlags } from '../src/cli/inspect-plan.js';
import { Output } from '../src/cli/output.js';
import { memory } from '../src/torch/index.js';
import { train } from '../src/training/train.js';
import { inTemporaryFolder, readLines, smallConfig } from './faults/small-run.js';

interface Answer {
  readonly result: Record<string, unknown>;
  readonly text: string;
}

async function inspect(file: string | undefined, flags: InspectFlags): Promise<Answer> {
  const lines: string[] = [];
  const text: string[] = [];
  const collect = (into: string[]) => ({ write: (piece: string) => into.push(piece) });
  const output = new Output({ json: true, stdout: collect(lines), stderr: collect(text) });
  expect(await inspectData(output, file, { examples: 1, ...flags })).toBe(0);
  return { result: JSON.parse(lines.at(-1) ?? ''), text: text.join('') };
}

const pairs = (count: number, flipped: ReadonlySet<number> = new Set()): string =>
  Array.from({ length: count }, (_, i) => {
    const good = `After ${i * 7} comes ${i * 7 + 1}.`;
    const bad = `Well, ${'it may be '.repeat(1 + (i % 4))}${i}, who knows.`;
    const [chosen, rejected] = flipped.has(i) ? [bad, good] : [good, bad];
    return `${JSON.stringify({ prompt: `Question ${i}: what follows ${i * 7}?`, chosen, rejected })}\n`;
  }).join('');

describe('orpo inspect', () => {
  it('shows quality, and filters before and after, as a configuration or the flags ask', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'data.jsonl');
      writeFileSync(file, `${pairs(6)}${pairs(2)}`);
      const looked = await inspect(file, {});
      expect(looked.result).toMatchObject({
        rows: 8,
        usable: 8,
        quality: { rows: 8, duplicates: { exact: { count: 2 } } },
      });
      expect(looked.result.cleaned).toBeUndefined();
      expect(looked.text).toMatch(/^duplicates +2 rows repeat an earlier one: 7 \(1\), 8 \(2\)$/m);
      expect((await inspect(file, { quick: true })).result.quality).toBeUndefined();

      const { result, text } = await inspect(file, { filters: 'duplicates: near, turns: true' });
      expect(result).toMatchObject({
        cleaned: {
          rows: 8,
          used: 6,
          dropped: { duplicate: { count: 2, firstRows: [7, 8] } },
          filtered: { after: { rows: 6 } },
        },
      });
      expect(text).toMatch(/^readable rows +8 +6$/m);

      const held = join(folder, 'held.jsonl');
      writeFileSync(held, pairs(1));
      const config = join(folder, 'config.yaml');
      const model = smallConfig(folder, 'run').model;
      writeFileSync(
        config,
        JSON.stringify({
          method: 'orpo',
          model,
          data: { train: [file, held], eval: held, filters: { duplicates: 'exact', promptLeaks: 'exact' } },
          output: join(folder, 'run'),
        }),
      );
      const both = await inspect(undefined, { config });
      expect(both.result).toMatchObject({
        files: [
          { path: file, quality: { leaks: { rows: 1 } }, tokens: { prompt: { count: 8 } }, cleaned: { used: 5 } },
          { path: held, cleaned: { used: 0, dropped: { 'held-out prompt': { count: 1 } } } },
        ],
      });
    });
  });

  it('finds labels that were turned round, by a model trained on others, and writes the rest', async () => {
    await inTemporaryFolder(async (folder) => {
      const before = memory();
      const config = smallConfig(folder, 'run', { adapter: true, maxSteps: 60 });
      for await (const event of train({
        ...config,
        training: { ...config.training, learningRate: 2e-2, evaluateEvery: 0, checkpointEvery: 0 },
      })) {
        expect(event.type).not.toBe('error');
      }
      const flipped = new Set([3, 11, 24, 25, 38]);
      const file = join(folder, 'noisy.jsonl');
      const noisy = pairs(50, flipped);
      writeFileSync(file, noisy);
      const rows = [...flipped].map((i) => i + 1);
      for (const margin of ['mean', 'implicit'] as const) {
        const clean = join(folder, `clean-${margin}.jsonl`);
        const { result, text } = await inspect(file, {
          model: config.model,
          adapter: join(folder, 'run'),
          margin,
          write: clean,
        });
        expect(result).toMatchObject({
          labelNoise: {
            rows: 50,
            agreed: { value: 0.9 },
            suspected: { count: 5, first: rows.map((row) => ({ row })) },
          },
          cleaned: { used: 45, dropped: { 'label noise': { count: 5, firstRows: rows } }, written: { kept: clean } },
        });
        expect(text).toMatch(/^suspected labels +5 rows have a margin under /m);
        const kept = noisy.split('\n').filter((_, i) => !flipped.has(i));
        expect(readFileSync(clean, 'utf8')).toBe(kept.join('\n'));
        const dropped = readLines(join(folder, `clean-${margin}.dropped.jsonl`));
        expect(dropped).toMatchObject(rows.map((row) => ({ row, reason: 'label noise' })));
      }
      const { handles, bytes } = memory();
      expect({ handles, bytes }).toEqual({ handles: before.handles, bytes: before.bytes });
    });
  });

  it.each<[string, string | undefined, InspectFlags, RegExp]>([
    ['no file', undefined, {}, /There is nothing to inspect/],
    ['an unknown filter', 'F', { filters: 'duplicate: near' }, /there is no filter "duplicate"/],
    ['a filter with a wrong value', 'F', { filters: 'duplicates: yes' }, /"duplicates" does not fit/],
    ['an unknown language', 'F', { filters: 'languages: [xx]' }, /"languages.0" does not fit/],
    ['a similarity out of range', 'F', { filters: 'duplicates: near, similarity: 0.2' }, /"similarity" does not fit/],
    ['filters that are no mapping', 'F', { filters: '{a: [' }, /--filters:1/],
    ['leaks without held-out data', 'F', { filters: 'promptLeaks: near' }, /promptLeaks looks for held-out rows/],
    ['a margin without a model', 'F', { margin: 'mean' }, /--margin mean is a model's/],
    ['an adapter without a margin', 'F', { adapter: 'x' }, /--adapter is for --margin/],
    ['a limit without a margin', 'F', { below: -1 }, /--below is for --margin/],
    ['implicit rewards without an adapter', 'F', { model: 'M', margin: 'implicit' }, /there is no adapter/],
    ['a held-out file that is not there', 'F', { heldOut: 'gone.jsonl' }, /gone.jsonl does not exist/],
    ['writing over the data', 'F', { write: 'F' }, /is there already/],
    ['labels without margins', 'L', { model: 'M', margin: 'mean' }, /have no margin/],
  ])('refuses %s', async (_, file, flags, message) => {
    await inTemporaryFolder(async (folder) => {
      const paths: Record<string, string> = { F: join(folder, 'data.jsonl'), L: join(folder, 'labels.jsonl') };
      writeFileSync(paths.F ?? '', pairs(3));
      const labelled = [true, false].map((label) => JSON.stringify({ prompt: 'Q', completion: `${label}`, label }));
      writeFileSync(paths.L ?? '', labelled.join('\n'));
      const { model } = smallConfig(folder, 'run');
      const named = { ...flags, ...(flags.model && { model }), ...(flags.write && { write: paths.F ?? '' }) };
      await expect(inspect(file && paths[file], named)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        exitCode: 2,
        hint: expect.stringMatching(/[.?']$/),
      });
      expect(existsSync(join(folder, 'data.dropped.jsonl'))).toBe(false);
    });
  });
});
