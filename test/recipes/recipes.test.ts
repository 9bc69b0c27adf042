import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answer, chatServer, longer } from '../../src/feedback/testing/chat-server.js';
import { hashFile } from '../../src/files/manifest.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { type Ending, isBuilt, type Meanwhile, type OutputRecord, runCli } from '../faults/command-line.js';
import { fingerprint, inTemporaryFolder, leftovers, readLines } from '../faults/small-run.js';
import { smallRlaif, smallRlhf, smallSpin, startModel, writeData } from './small-recipes.js';

const summary = z.looseObject({
  recipe: z.string(),
  stages: z.array(z.looseObject({ stage: z.string(), folder: z.string(), method: z.string() })),
});
type Stages = z.output<typeof summary>['stages'];
const RECIPE = 'recipe';
/** What a stage writes beside weights, metrics and samples that must not depend on interruptions. */
const MADE = ['pairs.jsonl', 'held-out.jsonl', 'judgements.jsonl', 'rollouts.jsonl'];

/** A working directory with the data and the configuration. */
function workplace(folder: string, name: string, config: RecipeConfigInput): string {
  const place = join(folder, name);
  mkdirSync(place);
  writeData(place);
  writeFileSync(join(place, 'config.json'), JSON.stringify({ ...config, model: startModel(folder) }));
  return place;
}

/** Begins the recipe of a working directory, or goes on with it. */
function go(place: string, meanwhile: Meanwhile = {}): Promise<Ending> {
  const begun = existsSync(join(place, RECIPE, 'recipe.json'));
  return runCli(begun ? ['resume', RECIPE] : ['train', 'config.json'], { ...meanwhile, cwd: place });
}

/** All that must not depend on interruptions: what was trained and written, and the summary without times. */
function outcome(place: string): Record<string, unknown> {
  const run = join(place, RECIPE);
  const { stages, ...rest } = summary.parse(JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')));
  const made = stages.flatMap(({ folder }) => MADE.map((file) => join(folder, file)));
  const hashes = [
    ...Object.entries(fingerprint(run)).filter(([path]) => !path.includes('checkpoints')),
    ...made.filter((file) => existsSync(join(run, file))).map((file) => [file, hashFile(join(run, file)).sha256]),
  ];
  const timeless = stages.map(({ seconds: _, peakBytes: __, ...stage }) => stage);
  return { ...Object.fromEntries(hashes), summary: { ...rest, stages: timeless } };
}

/** Whether a stage is in the middle of what it does. */
function isMiddle(record: OutputRecord, stage: string): boolean {
  if (record.stage !== stage) return false;
  return record.type === 'row' || record.step === 3 || (record.type === 'samples' && record.prompts !== undefined);
}

/** Ends the process once in every stage, then lets it come to its end. */
async function endEverywhere(place: string, stages: Stages, signalOf: (at: number) => NodeJS.Signals): Promise<Ending> {
  let within = 0;
  let last: Ending | undefined;
  for (const [at, { stage, folder }] of stages.entries()) {
    let asked = false;
    const ending = await go(place, {
      onRecord(record, child) {
        if (asked || !isMiddle(record, stage)) return;
        asked = true;
        child.kill(signalOf(at));
      },
    });
    expect(asked, `${stage} was never under way: ${ending.stderr}`).toBe(true);
    if (!existsSync(join(place, RECIPE, folder, 'result.json'))) within++;
    last = ending;
    if (ending.code === 0) break;
    if (ending.signal !== null) continue;
    expect(ending.code, ending.stderr).toBe(130);
    expect(ending.last).toMatchObject({
      type: 'error',
      code: 'interrupted',
      hint: `Go on with: orpo resume ${RECIPE}`,
    });
  }
  console.log(`${within} of ${stages.length} stages ended before their end`);
  expect(within).toBeGreaterThan(0);
  return last?.code === 0 ? last : await go(place);
}

const polite = (at: number): NodeJS.Signals => (at % 2 === 1 ? 'SIGINT' : 'SIGKILL');

describe.runIf(isBuilt)('a recipe through the command line, ended in every stage, comes out the same', () => {
  it.each<{ name: string; config: RecipeConfigInput; methods: string[] }>([
    { name: 'rlhf', config: smallRlhf, methods: ['sft', 'reward', 'ppo', 'orpo'] },
    {
      name: 'spin with adapters',
      config: { ...smallSpin, adapter: { rank: 4, alpha: 8 } },
      methods: ['generate', 'spin', 'generate', 'spin'],
    },
    {
      name: 'spin of all weights without a reference',
      config: { ...smallSpin, rounds: [{ method: 'odds-spin' }] },
      methods: ['generate', 'odds-spin'],
    },
    { name: 'rlaif', config: smallRlaif, methods: ['pairs', 'reward', 'ppo'] },
  ])('$name', ({ config, methods }) =>
    inTemporaryFolder(async (folder) => {
      const calm = workplace(folder, 'calm', config);
      const whole = await go(calm);
      expect(whole.code, whole.stderr).toBe(0);
      const { stages } = summary.parse(whole.last);
      expect(stages.map(({ method }) => method)).toEqual(methods);
      for (const { stage } of stages) expect(whole.records.some((record) => record.stage === stage)).toBe(true);

      if ('orpo' in config) {
        const policies = z.array(
          z.object({
            policy: z.string(),
            pairs: z.number(),
            accuracy: z.number(),
            margin: z.number(),
            reward: z.number(),
          }),
        );
        const found = policies.parse(whole.last?.comparison);
        expect(found.map(({ policy, pairs }) => [policy, pairs])).toEqual(
          ['start', 'ppo', 'orpo'].map((policy) => [policy, 4]),
        );
        expect(new Set(found.map(({ margin }) => margin)).size).toBe(3);
      }

      const rough = workplace(folder, 'rough', config);
      const last = await endEverywhere(rough, stages, polite);
      expect(last.code, last.stderr).toBe(0);
      expect(outcome(rough)).toEqual(outcome(calm));
      expect(leftovers(join(rough, RECIPE))).toEqual([]);

      // model and opponent are one where a round of self-play begins
      for (const { folder: round } of stages.filter(({ method }) => method === 'spin')) {
        const metrics = readLines(join(calm, RECIPE, round, 'metrics.jsonl'));
        expect(metrics.find((line) => Object(line).type === 'step')).toMatchObject({
          step: 1,
          loss: expect.closeTo(Math.LN2, 6),
        });
      }
    }),
  );

  it('rlaif with an endpoint, straight to ORPO', () =>
    inTemporaryFolder(async (folder) => {
      const server = await chatServer((response, { text }) => {
        setTimeout(() => answer(response, longer(text)), 5);
      });
      const judge = { kind: 'endpoint', url: server.url, model: 'm', cache: 'answers', concurrency: 2 } as const;
      const feedback = { sample: { maxTokens: 12, batch: 4 }, judge };
      const config: RecipeConfigInput = { ...smallRlaif, feedback, policy: { method: 'orpo' } };
      const calm = workplace(folder, 'calm', config);
      const planned = await runCli(['train', 'config.json', '--dry-run'], { cwd: calm });
      expect(planned).toMatchObject({ code: 0, last: { type: 'result', recipe: 'rlaif' } });
      expect(planned.last?.stages).toMatchObject([
        { folder: '01-feedback', rows: 20, judge: `m at ${server.url}` },
        { folder: '02-orpo', method: 'orpo', data: ['recipe/01-feedback/pairs.jsonl'] },
      ]);
      expect(existsSync(join(calm, RECIPE))).toBe(false);
      const whole = await go(calm);
      expect(whole.code, whole.stderr).toBe(0);
      const { stages } = summary.parse(whole.last);
      expect(stages.map(({ method }) => method)).toEqual(['pairs', 'orpo']);
      const asked = server.asked.length;
      expect(asked).toBeGreaterThan(0);

      const rough = workplace(folder, 'rough', config);
      // once while responses are drawn, once while they are judged, once while it trains
      const [feedbackStage, orpo] = stages;
      let last: Ending | undefined;
      for (const isDue of [
        (record: OutputRecord) => record.type === 'samples' && record.stage === feedbackStage?.stage,
        (record: OutputRecord) => record.type === 'row',
        (record: OutputRecord) => record.step === 2 && record.stage === orpo?.stage,
      ])
        last = await go(rough, { onRecord: (record, child) => void (isDue(record) && child.kill('SIGKILL')) });
      if (last?.code !== 0) last = await go(rough);
      expect(last.code, last.stderr).toBe(0);
      expect(outcome(rough)).toEqual(outcome(calm));
      // what was under way when a process was killed is all that is asked again
      expect(server.asked.length).toBeLessThanOrEqual(2 * asked + 3 * 2 * 2);
    }));
});
