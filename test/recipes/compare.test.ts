import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashFile } from '../../src/files/manifest.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { type Ending, isBuilt, type OutputRecord, runCli } from '../faults/command-line.js';
import { fingerprint, inTemporaryFolder, leftovers } from '../faults/small-run.js';
import { go, RECIPE, workplace } from './interrupted-recipe.js';
import { smallCompare, startModel, writeData } from './small-recipes.js';

function smallWorkplace(folder: string, name: string, config: RecipeConfigInput): string {
  const place = workplace(folder, name, { ...config, model: startModel(folder) });
  writeData(place);
  return place;
}

/** Milliseconds for three comparisons with a dozen starts of a process. */
const LONG = 400_000;

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** The same without what differs in every repetition: times, memory. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'seconds' && key !== 'peakBytes');
  return Object.fromEntries(kept.map(([key, inner]) => [key, timeless(inner)]));
}

/** All that must depend on neither interruptions nor the number of workers. */
function outcome(place: string): Record<string, unknown> {
  const run = join(place, RECIPE);
  const readings = readdirSync(join(run, 'readings'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.json'),
  );
  const data = readdirSync(join(run, 'data')).filter((name) => name.endsWith('.jsonl'));
  return {
    ...fingerprint(run),
    ...Object.fromEntries(data.map((name) => [name, hashFile(join(run, 'data', name)).sha256])),
    ...Object.fromEntries(readings.map((path) => [path, read(join(run, 'readings', path))])),
    selection: read(join(run, 'selection.json')),
    summary: timeless(read(join(run, 'summary.json'))),
  };
}

const result = z.looseObject({
  verdict: z.string(),
  equalTrials: z.boolean(),
  rows: z.object({ train: z.number(), validation: z.number(), test: z.number() }),
  budget: z.object({ sft: z.number(), entries: z.record(z.string(), z.number()) }),
  methods: z.array(
    z.looseObject({
      entry: z.string(),
      trials: z.number(),
      diverged: z.number(),
      best: z
        .looseObject({
          test: z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() }),
          cells: z.array(z.looseObject({ folder: z.string() })),
          cost: z.looseObject({ updates: z.number(), tokens: z.number() }),
        })
        .optional(),
    }),
  ),
});

const measuredCells = (ending: Ending, rung: number | 'test'): unknown[] =>
  ending.records.filter((record) => record.type === 'measured' && record.rung === rung).map(({ stage }) => stage);

describe.runIf(isBuilt)('a comparison through the command line', () => {
  it(
    'comes to a verdict, and comes out the same when it is killed in every phase and when workers share it',
    () =>
      inTemporaryFolder(async (folder) => {
        const calm = smallWorkplace(folder, 'calm', smallCompare);
        const planned = await runCli(['train', 'config.json', '--dry-run'], { cwd: calm });
        expect(planned, planned.stderr).toMatchObject({
          code: 0,
          last: {
            type: 'result',
            recipe: 'compare',
            comparison: { cells: 12, equalTrials: true, rows: { train: 24, validation: 8, test: 8 } },
          },
        });
        expect(existsSync(join(calm, RECIPE))).toBe(false);

        const whole = await go(calm);
        expect(whole.code, whole.stderr).toBe(0);
        const { methods, budget, equalTrials } = result.parse(whole.last);
        expect(budget).toEqual({ sft: 3, entries: { sft: 8, orpo: 8, dpo: 5 } });
        expect(equalTrials).toBe(true);
        expect(methods.map(({ entry, trials }) => [entry, trials])).toEqual([
          ['sft', 2],
          ['orpo', 2],
          ['dpo', 2],
        ]);
        // the whole way from the model is paid for
        expect(methods.map(({ best }) => best?.cost.updates)).toEqual([8, 8, 8]);
        // half of the settings go on, and the best of them alone are tested
        expect(measuredCells(whole, 1)).toHaveLength(12);
        expect(measuredCells(whole, 2)).toHaveLength(6);
        expect(measuredCells(whole, 'test')).toHaveLength(6);
        for (const file of ['README.md', 'report.html', 'selection.json'])
          expect(existsSync(join(calm, RECIPE, file)), file).toBe(true);
        expect(readFileSync(join(calm, RECIPE, 'README.md'), 'utf8')).toContain('## Cost');

        const rough = smallWorkplace(folder, 'rough', smallCompare);
        const finished = new Set<unknown>();
        const phases: readonly ((record: OutputRecord) => boolean)[] = [
          (record) => record.type === 'step' && record.stage === 'pilot of orpo',
          (record) => record.type === 'step' && record.stage === 'sft' && record.step === 2,
          (record) => record.type === 'step' && record.step === 3,
          (record) => record.type === 'measured' && record.rung === 1 && String(record.stage).startsWith('orpo'),
          (record) => record.type === 'step' && record.step === 7 && String(record.stage).startsWith('orpo'),
          (record) => record.type === 'measured' && record.rung === 'test',
        ];
        for (const [at, isDue] of phases.entries()) {
          let asked = false;
          const ending = await go(rough, {
            onRecord(record, child) {
              if (record.type === 'begin') expect(finished).not.toContain(`${record.stage} at its end`);
              if (record.type === 'measured' && record.step === record.steps && record.rung !== 'test')
                finished.add(`${record.stage} at its end`);
              if (asked || !isDue(record)) return;
              asked = true;
              child.kill(at % 2 === 1 ? 'SIGINT' : 'SIGKILL');
            },
          });
          expect(asked, `phase ${at} was never under way: ${ending.stderr}`).toBe(true);
          if (at % 2 === 1 && ending.code !== 0) expect(ending.last).toMatchObject({ code: 'interrupted' });
          if (ending.code === 0) break;
        }
        if (!existsSync(join(rough, RECIPE, 'summary.json'))) {
          const last = await go(rough);
          expect(last.code, last.stderr).toBe(0);
        }
        expect(outcome(rough)).toEqual(outcome(calm));
        expect(leftovers(join(rough, RECIPE))).toEqual([]);

        const shared = smallWorkplace(folder, 'shared', { ...smallCompare, workers: 2 });
        let killed = false;
        const first = await go(shared, {
          onRecord(record, child) {
            if (killed || record.type !== 'step' || record.step !== 3 || record.stage === 'sft') return;
            if (String(record.stage).startsWith('pilot')) return;
            killed = true;
            child.kill('SIGKILL');
          },
        });
        expect(first.signal, first.stderr).toBe('SIGKILL');
        const last = await go(shared);
        expect(last.code, last.stderr).toBe(0);
        expect(outcome(shared)).toEqual(outcome(calm));
      }),
    LONG,
  );

  it('pauses cells without a trace: halved, the best comes out as it does trained in one', () =>
    inTemporaryFolder(async (folder) => {
      const { halving: _, sft: __, ...rest } = smallCompare;
      const config = { ...rest, methods: { sft: {}, orpo: {} }, seeds: 1 } as const;
      const halved = smallWorkplace(folder, 'halved', { ...config, halving: { eta: 2, rungs: 3 } });
      const direct = smallWorkplace(folder, 'direct', config);
      const [a, b] = [await go(halved), await go(direct)];
      expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0]);
      const [one] = result.parse(a.last).methods;
      const cell = one?.best?.cells[0]?.folder ?? '';
      const [left, right] = [halved, direct].map((place) => fingerprint(join(place, RECIPE, cell)));
      expect(Object.keys(left ?? {}).length).toBeGreaterThan(1);
      expect(left).toEqual(right);
      // a single seed has no interval, and no conclusion
      expect(one?.best?.test.low).toBeNull();
      expect(result.parse(a.last).verdict).toContain('with a single seed');
      expect(readFileSync(join(direct, RECIPE, 'README.md'), 'utf8')).toContain('There is one seed');
    }));

  it('methods that sample stand beside, what diverges is an outcome, and an unequal search is named', () =>
    inTemporaryFolder(async (folder) => {
      const { halving: _, sft: __, ...rest } = smallCompare;
      const place = smallWorkplace(folder, 'sampling', {
        ...rest,
        adapter: undefined,
        seeds: 1,
        budget: { steps: 3 },
        methods: {
          orpo: { strength: false, learningRates: [1e-3, 1e30] },
          rloo: { strength: false, learningRates: [1e-3], reward: './rule.mjs', rollout: { maxTokens: 6 } },
        },
        select: 'margin',
        answers: { judge: { kind: 'rule', module: './rule.mjs' }, generation: { maxTokens: 6 }, cache: 'cache' },
      });
      const ending = await go(place);
      expect(ending.code, ending.stderr).toBe(0);
      const { methods, equalTrials, verdict } = result.parse(ending.last);
      expect(methods.map(({ entry, trials, diverged }) => [entry, trials, diverged])).toEqual([
        ['orpo', 2, 1],
        ['rloo', 1, 0],
      ]);
      expect(equalTrials).toBe(false);
      expect(verdict).toContain('The search was not equal: settings tried were orpo 2, rloo 1.');
      // the best of each answers the test prompts, and a judge compares them
      expect(ending.last?.answers).toMatchObject({ folder: 'answers', sentence: expect.any(String) });
      expect(read(join(place, RECIPE, 'answers/report.json'))).toMatchObject({
        prompts: { n: 8 },
        systems: [
          { name: 'orpo', answers: 8 },
          { name: 'rloo', answers: 8 },
        ],
        contests: [{ a: expect.any(String), b: expect.any(String) }],
      });
    }));

  it('too few rows, and a reward that is not there, are met before anything is trained', () =>
    inTemporaryFolder(async (folder) => {
      const place = smallWorkplace(folder, 'few', smallCompare);
      writeFileSync(join(place, 'forty.jsonl'), `${JSON.stringify({ prompt: 'a', chosen: 'b', rejected: 'c' })}\n`);
      const few = await go(place);
      expect(few).toMatchObject({ code: 2, last: { type: 'error', code: 'data' } });
      expect(few.last?.message).toContain('there are 1 prompts');
      const { sft: _, ...rest } = smallCompare;
      const methods = { orpo: {}, rloo: { reward: './none.mjs' } };
      const none = await go(smallWorkplace(folder, 'none', { ...rest, methods }));
      expect(none).toMatchObject({ code: 2, last: { message: './none.mjs does not exist.' } });
    }));
});
