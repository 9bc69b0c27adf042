import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { hashFile } from '../../src/files/manifest.js';
import type { RecipeConfigInput } from '../../src/recipes/config.js';
import { type Ending, type Meanwhile, type OutputRecord, runCli } from '../faults/command-line.js';
import { fingerprint } from '../faults/small-run.js';

export const summary = z.looseObject({
  recipe: z.string(),
  stages: z.array(z.looseObject({ stage: z.string(), folder: z.string(), method: z.string() })),
});
export type Stages = z.output<typeof summary>['stages'];
export const RECIPE = 'recipe';
/** What a stage writes beside weights, metrics and samples that must not depend on interruptions. */
const MADE = ['pairs.jsonl', 'held-out.jsonl', 'judgements.jsonl', 'rollouts.jsonl'];

/** A working directory with a configuration. */
export function workplace(folder: string, name: string, config: RecipeConfigInput): string {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, 'config.json'), JSON.stringify(config));
  return place;
}

/** Begins the recipe of a working directory, or goes on with it. */
export function go(place: string, meanwhile: Meanwhile = {}): Promise<Ending> {
  const begun = existsSync(join(place, RECIPE, 'recipe.json'));
  return runCli(begun ? ['resume', RECIPE] : ['train', 'config.json'], { ...meanwhile, cwd: place });
}

/** All that must not depend on interruptions: what was trained and written, and the summary without times. */
export function outcome(place: string): Record<string, unknown> {
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
export async function endEverywhere(
  place: string,
  stages: Stages,
  signalOf: (at: number) => NodeJS.Signals,
): Promise<Ending> {
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

export const polite = (at: number): NodeJS.Signals => (at % 2 === 1 ? 'SIGINT' : 'SIGKILL');
