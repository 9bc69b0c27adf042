import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { compare } from '../../evaluation/comparison/compare.js';
import { readJson } from '../../files/json-file.js';
import { ANSWERS, type AnswersVerdict, answersSettings } from './answers-settings.js';
import type { SweepEvent } from './sweep-events.js';
import type { SweepWork } from './sweep-work.js';
import type { Selection } from './test-selected.js';

const report = z.looseObject({ verdict: z.looseObject({ sentence: z.string() }) });

/**
 * Lets the best of each method answer the test prompts, and compares the answers. One run of each, that of the first
 * seed; the base method stands first. Nothing happens without the section, and where it is done.
 *
 * @throws OrpoError as answering and judging do
 */
export async function* compareAnswers(
  work: SweepWork,
  selection: Selection,
  folderOf: (entry: string) => string,
): AsyncGenerator<SweepEvent, AnswersVerdict | undefined> {
  const { config, base } = work.sweep;
  const entries = [...selection].flatMap(([entry, found]) => (found === undefined ? [] : [entry]));
  const ordered = [...entries.filter((entry) => entry === base), ...entries.filter((entry) => entry !== base)];
  const systems = ordered.map((entry) => ({ name: entry, source: folderOf(entry) }));
  if (systems.length === 0) return undefined;
  const settings = answersSettings(config, systems, 'recipe');
  if (settings?.output === undefined) return undefined;
  const file = join(settings.output, 'report.json');
  if (!existsSync(file)) {
    work.stage = ANSWERS;
    yield { type: 'begin', stage: ANSWERS, method: 'compare' };
    const { signal, onProgress, env } = work.options;
    for await (const event of compare(settings, { signal, env, ...(onProgress && { onProgress }) }))
      if (event.type === 'answers' || event.type === 'judged') yield { type: 'answers', event };
    work.requireOngoing();
  }
  return { folder: ANSWERS, sentence: report.parse(readJson(file)).verdict.sentence };
}
